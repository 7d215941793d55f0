#include "door.h"

#include "webhooks.h"

struct door door_open(struct ground *g)
{
    struct cm_http_options options = { .addr = "127.0.0.1:0",
                                       .routes = webhook_routes,
                                       .ctx = &g->app,
                                       .loops = 1,
                                       .workers = 1,
                                       .queue_max = 16,
                                       .close_always = true };
    struct door door = { 0 };

    if (cm_http_server_start(&options, &door.server, &g->err))
        fail_msg("%s", g->err.msg);
    door.port = cm_http_server_port(door.server);
    return door;
}

struct cm_http_answer door_ask(struct ground *g, const struct door *door, const char *method,
                               const char *target, const char *type, struct cm_str body,
                               const char *signature)
{
    const char *headers[] = {
        cm_arena_printf(g->arena, "X-Twilio-Signature: %s", signature ? signature : "none").at, NULL
    };
    struct cm_http_ask ask = {
        .method = method,
        .url = cm_arena_printf(g->arena, "http://127.0.0.1:%u%s", door->port, target).at,
        .headers = signature ? headers : NULL,
        .body = body,
        .body_type = type,
        .timeout_ms = 10000
    };
    struct cm_http_answer answer;

    if (cm_http_fetch(g->client, &ask, g->arena, &answer, &g->err))
        fail_msg("%s %s: %s", method, target, g->err.msg);
    return answer;
}

struct form voice_of(struct ground *g, struct cm_str call_sid, struct cm_str to)
{
    struct form form = { 0 };

    form_text(&form, "AccountSid", ACCOUNT);
    form_add(&form, "CallSid", call_sid);
    form_text(&form, "CallStatus", "ringing");
    form_text(&form, "Direction", "inbound");
    form_text(&form, "CallToken", "anything at all");
    form_text(&form, "From", "+15550001111");
    form_add(&form, "To", to);
    (void)g;
    return form;
}

struct cm_str form_encoded(struct ground *g, const struct form *form)
{
    CM_OWN_BUF struct cm_buf text = { 0 };

    for (int i = 0; i < form->count; i++) {
        cm_buf_printf(&text, "%s%s=", i ? "&" : "", form->field[i].name);
        for (size_t k = 0; k < form->field[i].value.len; k++)
            cm_buf_printf(&text, "%%%02X", (unsigned char)form->field[i].value.at[k]);
    }
    return cm_arena_str(g->arena, cm_buf_view(&text));
}

const char *signature_of(struct ground *g, const char *target, const struct form *form)
{
    struct cm_base64_32 signature;

    webhook_sign(TOKEN, cm_arena_printf(g->arena, PUBLIC "%s", target), form, &signature);
    return cm_arena_printf(g->arena, "%s", signature.at).at;
}

struct cm_http_answer door_post(struct ground *g, const struct door *door, const char *target,
                                const struct form *form)
{
    return door_ask(g, door, "POST", target, FORM_TYPE, form_encoded(g, form),
                    signature_of(g, target, form));
}
