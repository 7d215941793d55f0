/* openapi.c - GET /api/openapi.json: schemas/openapi.yaml, turned into JSON as the program is
 * built. */
#include "endpoints.h"
#include "openapi.h"

void show_openapi(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_set(rq, "Cache-Control", "no-cache");
    cm_http_reply(rq, 200, "application/json", (struct cm_str){ openapi_json, openapi_json_len });
}
