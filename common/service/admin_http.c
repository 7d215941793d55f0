#include "service/admin_http.h"

#include "base/json.h"
#include "service/health.h"

enum { CONNECTIONS_MAX = 64 };

/* Alive as long as the process answers: what is away comes back without a restart. */
static void healthz(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply(rq, 200, "application/json", CM_STR("{\"status\":\"alive\"}\n"));
}

static void readyz(struct cm_http_request *rq, void *ctx)
{
    struct cm_service *service = ctx;
    struct health_report report = health_report(service->health);
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_object(&json, NULL);
    cm_json_text(&json, "service", service->spec->name);
    cm_json_text(&json, "status", report.is_ready ? "ready" : "waiting");
    cm_json_array(&json, "missing");
    for (size_t i = 0; i < report.count; i++) {
        if (report.parts[i].is_up)
            continue;
        cm_json_object(&json, NULL);
        cm_json_text(&json, "name", report.parts[i].name);
        cm_json_text(&json, "reason", report.parts[i].reason);
        cm_json_end(&json);
    }
    cm_json_end(&json);
    cm_json_end(&json);
    cm_buf_char(&body, '\n');
    cm_http_reply_buf(rq, report.is_ready ? 200 : 503, "application/json", &body);
}

static void metrics(struct cm_http_request *rq, void *ctx)
{
    struct cm_service *service = ctx;
    struct cm_buf body = { 0 };

    cm_metrics_render(service->metrics, &body);
    cm_http_reply_buf(rq, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

cm_rc admin_start(struct cm_service *service, struct cm_http_server **out, struct cm_err *err)
{
    static const struct cm_http_route routes[] = {
        { .method = "GET", .path = "/healthz", .handler = healthz },
        { .method = "GET", .path = "/readyz", .handler = readyz },
        { .method = "GET", .path = "/metrics", .handler = metrics },
        { 0 },
    };
    struct cm_http_options options = { .addr = cm_config_text(service->config, "ADMIN_ADDR"),
                                       .routes = routes,
                                       .ctx = service,
                                       .connections_max = CONNECTIONS_MAX };

    return cm_http_server_start(&options, out, err);
}
