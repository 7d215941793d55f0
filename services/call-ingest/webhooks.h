/* webhooks.h - Twilio's POSTs (and GETs): checked, taken in, answered.
 *
 * 403: not signed by a configured key for PUBLIC_URL, or of another account. 400: a field is
 * missing or no such thing. 503: nothing was stored; Twilio may try again. 2xx: it is committed. A
 * voice webhook is answered with TwiML, the others with 204. Routes are served by workers; their
 * ctx is struct ingest.
 */
#pragma once
#include "http/server.h"

extern const struct cm_http_route webhook_routes[];
