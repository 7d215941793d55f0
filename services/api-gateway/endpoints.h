/* endpoints.h - every operation of the API and the web UI; `ctx` is the gateway. The table is in
 * routes.c. */
#pragma once
#include "http/server.h"

void log_in(struct cm_http_request *rq, void *ctx); /* worker */
void who_am_i(struct cm_http_request *rq, void *ctx);
void log_out(struct cm_http_request *rq, void *ctx);
void list_calls(struct cm_http_request *rq, void *ctx);
void export_calls(struct cm_http_request *rq, void *ctx); /* worker */
void show_call(struct cm_http_request *rq, void *ctx);
void rerun_call(struct cm_http_request *rq, void *ctx);   /* worker */
void delete_call(struct cm_http_request *rq, void *ctx);  /* worker */
void import_call(struct cm_http_request *rq, void *ctx);  /* worker */
void admit_import(struct cm_http_request *rq, void *ctx); /* before its body is read */
void retry_step(struct cm_http_request *rq, void *ctx);   /* worker */
void serve_recording(struct cm_http_request *rq, void *ctx);
void export_call(struct cm_http_request *rq, void *ctx);
void show_waveform(struct cm_http_request *rq, void *ctx);
void show_report(struct cm_http_request *rq, void *ctx);
void show_overview(struct cm_http_request *rq, void *ctx);
void list_analyzers(struct cm_http_request *rq, void *ctx);
void create_analyzer(struct cm_http_request *rq, void *ctx); /* worker */
void try_analyzer(struct cm_http_request *rq, void *ctx);    /* worker */
void show_analyzer(struct cm_http_request *rq, void *ctx);
void change_analyzer(struct cm_http_request *rq, void *ctx); /* worker */
void delete_analyzer(struct cm_http_request *rq, void *ctx); /* worker */
void list_contacts(struct cm_http_request *rq, void *ctx);
void show_contact(struct cm_http_request *rq, void *ctx);
void change_contact(struct cm_http_request *rq, void *ctx); /* worker */
void list_todos(struct cm_http_request *rq, void *ctx);
void create_todo(struct cm_http_request *rq, void *ctx); /* worker */
void show_todo(struct cm_http_request *rq, void *ctx);
void change_todo(struct cm_http_request *rq, void *ctx); /* worker */
void delete_todo(struct cm_http_request *rq, void *ctx); /* worker */

void list_phone_numbers(struct cm_http_request *rq, void *ctx);
void create_phone_number(struct cm_http_request *rq, void *ctx); /* worker */
void show_phone_number(struct cm_http_request *rq, void *ctx);
void change_phone_number(struct cm_http_request *rq, void *ctx); /* worker */
void delete_phone_number(struct cm_http_request *rq, void *ctx); /* worker */
void list_users(struct cm_http_request *rq, void *ctx);
void create_user(struct cm_http_request *rq, void *ctx); /* worker */
void show_user(struct cm_http_request *rq, void *ctx);
void change_user(struct cm_http_request *rq, void *ctx); /* worker */
void list_tokens(struct cm_http_request *rq, void *ctx);
void create_token(struct cm_http_request *rq, void *ctx); /* worker */
void show_token(struct cm_http_request *rq, void *ctx);
void revoke_token(struct cm_http_request *rq, void *ctx); /* worker */
void show_settings(struct cm_http_request *rq, void *ctx);
void change_settings(struct cm_http_request *rq, void *ctx); /* worker */

void stream_events(struct cm_http_request *rq, void *ctx);
void show_openapi(struct cm_http_request *rq, void *ctx);

void show_page(struct cm_http_request *rq, void *ctx);
void show_asset(struct cm_http_request *rq, void *ctx);
void show_lost_page(struct cm_http_request *rq, void *ctx);

extern const struct cm_http_route gateway_routes[]; /* ended by an empty row */
