/* rows_wire.h - how rows are made from libpq's results. Only for common/db. */
#pragma once
#include <libpq-fe.h>

#include "db/rows.h"

struct cm_rows *cm_rows_take(PGresult *result); /* the result is taken */
