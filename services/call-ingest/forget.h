/* forget.h - call.deleted: the call's files go too.
 *
 * Its rows went in the transaction that says so. Whatever a download that is in flight makes of it
 * afterwards, that download removes itself (download.c); what a killed process leaves is the
 * sweep's (strays.h).
 */
#pragma once
#include "service/service.h"

cm_prepare forget_call;
