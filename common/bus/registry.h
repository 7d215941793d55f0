/* registry.h - a Confluent-compatible schema registry (REST API v7), over HTTP.
 *
 * Registers the .avsc text as it stands and sets the subject's compatibility to
 * BACKWARD_TRANSITIVE. Thread: any; requests are blocking with a deadline.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/own.h"
#include "base/str.h"

struct cm_registry; /* opaque */
struct cm_http_client;

/** `url` as in SCHEMA_REGISTRY_URL (copied), may hold user:password@; `http` is borrowed. */
struct cm_registry *cm_registry_new(const char *url, struct cm_http_client *http);
void cm_registry_free(struct cm_registry *registry);
CM_DEFINE_OWN(cm_registry, cm_registry_free);

/** CM_RETRY (away): no answer. CM_FATAL: refused (incompatible, not a schema). */
cm_rc cm_registry_register(struct cm_registry *registry, const char *subject, struct cm_str avsc,
                           uint32_t *id, struct cm_err *err) CM_MUSTCHECK;

/** Is this very text registered under the subject? Changes nothing. CM_RETRY (away): no answer. */
enum cm_registry_found { CM_REGISTRY_MISSING, CM_REGISTRY_FOUND };
cm_rc cm_registry_look_up(struct cm_registry *registry, const char *subject, struct cm_str avsc,
                          enum cm_registry_found *found, struct cm_err *err) CM_MUSTCHECK;

/** The text of schema `id`, in `arena`. CM_REJECT: no such id. CM_RETRY (away): no answer. */
cm_rc cm_registry_schema(struct cm_registry *registry, uint32_t id, struct cm_arena *arena,
                         struct cm_str *avsc, struct cm_err *err) CM_MUSTCHECK;
cm_rc cm_registry_ping(struct cm_registry *registry, struct cm_err *err) CM_MUSTCHECK;
