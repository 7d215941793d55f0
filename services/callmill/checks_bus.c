#include "checks.h"

#include "bus/admin.h"
#include "bus/registry.h"
#include "http/client.h"
#include "names.h"

enum { ASK_MS = 5000, NAMES_MAX = 64 };

void check_brokers(const struct cli *cli, struct finding *out)
{
    struct cm_err err;

    if (cm_topics_check(cli->config, NULL, 0, ASK_MS, &err)) {
        found(out, FINDING_FAIL, "%s", err.msg);
        advise(out, "is Kafka up, and is KAFKA_BROKERS right?");
        return;
    }
    found(out, FINDING_OK, "Kafka answers");
}

void check_topics(const struct cli *cli, struct finding *out)
{
    const char *names[NAMES_MAX];
    size_t events, n = topic_names(cli->arena, cm_config_text(cli->config, "TOPIC_PREFIX"), names,
                                   NAMES_MAX, &events);
    struct cm_err err;

    if (cm_topics_check(cli->config, names, n, ASK_MS, &err)) {
        found(out, FINDING_FAIL, "%s", err.msg);
        advise(out, "run callmill topics");
        return;
    }
    found(out, FINDING_OK, "all %zu topics are there", n);
}

/* How many event types lack their schema; the first one's subject is `*missing`. */
static cm_rc look_up_schemas(const struct cli *cli, struct cm_registry *registry, int *lacking,
                             struct cm_str *missing, struct cm_err *err)
{
    const char *prefix = cm_config_text(cli->config, "TOPIC_PREFIX");

    *lacking = 0;
    for (int kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++) {
        struct cm_str topic = cm_topic_name(cli->arena, prefix, (enum cm_event_kind)kind);
        struct cm_str subject = cm_arena_printf(cli->arena, "%.*s-value", CM_STR_FMT(topic));
        enum cm_registry_found is_there;
        cm_rc rc = cm_registry_look_up(registry, subject.at,
                                       cm_event_avsc((enum cm_event_kind)kind), &is_there, err);

        if (rc)
            return rc;
        if (is_there == CM_REGISTRY_MISSING && (*lacking)++ == 0)
            *missing = subject;
    }
    return CM_OK;
}

void check_registry(const struct cli *cli, struct finding *out)
{
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_registry) registry = NULL;
    struct cm_str missing = { 0 };
    struct cm_err err;
    int lacking;
    cm_rc rc = cm_http_client_new(NULL, &http, &err);

    if (!rc) {
        registry = cm_registry_new(cm_config_text(cli->config, "SCHEMA_REGISTRY_URL"), http);
        rc = look_up_schemas(cli, registry, &lacking, &missing, &err);
    }
    if (rc) {
        found(out, FINDING_FAIL, "%s", err.msg);
        advise(out, "is the schema registry up, and is SCHEMA_REGISTRY_URL right?");
    } else if (lacking) {
        found(out, FINDING_WARN, "%d schemas of this version are not registered, first %.*s",
              lacking, CM_STR_FMT(missing));
        advise(out, "run callmill topics; a service registers its own as it starts");
    } else {
        found(out, FINDING_OK, "the schema registry has every schema");
    }
}
