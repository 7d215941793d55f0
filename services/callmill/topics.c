/* topics.c - callmill topics. */
#include "commands.h"

#include "base/clock.h"
#include "bus/admin.h"
#include "bus/codec_cache.h"
#include "http/client.h"
#include "names.h"

enum { ASK_MS = 30000, DAY_MS = 24 * 60 * 60 * 1000 };

static const struct cm_setting settings[] = {
    { .name = "TOPIC_PARTITIONS",
      .type = CM_SET_INT,
      .fallback = "6",
      .min = 1,
      .max = 1000,
      .help =
          "partitions of each event topic: how many of a service's processes can share the work" },
    { .name = "TOPIC_REPLICATION",
      .type = CM_SET_INT,
      .fallback = "-1",
      .min = -1,
      .max = 10,
      .help = "copies of each partition; -1: the brokers' default" },
    { 0 },
};
static const struct cm_setting *const tables[] = { settings, cm_bus_settings, cm_topic_settings,
                                                   NULL };

static const struct cli_option options[] = {
    { "--wait", "S", "wait up to S seconds for the brokers and the registry to answer (default 0)",
      false },
    { 0 },
};

enum { TOPICS_MAX = EVENT_KINDS + 16 };

/* One topic an event type, and one with a single partition for each service's dead letters. */
static size_t plan_topics(const struct cli *cli, struct cm_topic_plan plans[TOPICS_MAX])
{
    const struct cm_config *config = cli->config;
    const char *names[TOPICS_MAX];
    size_t events, n = topic_names(cli->arena, cm_config_text(config, "TOPIC_PREFIX"), names,
                                   TOPICS_MAX, &events);

    for (size_t i = 0; i < n; i++) {
        plans[i] = (struct cm_topic_plan){
            .name = names[i],
            .partitions = i < events ? (int)cm_config_int(config, "TOPIC_PARTITIONS") : 1,
            .replication = (int)cm_config_int(config, "TOPIC_REPLICATION"),
            .retention_ms = cm_config_int(config, "EVENT_RETENTION_DAYS") * DAY_MS,
        };
    }
    return n;
}

static cm_rc register_schemas(const struct cli *cli, struct cm_err *err)
{
    enum cm_event_kind kinds[EVENT_KINDS] = { EVENT_NONE };
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_registry) registry = NULL;
    CM_OWN(cm_codec) codec = NULL;
    cm_rc rc;

    for (size_t i = 0; i + 1 < EVENT_KINDS; i++)
        kinds[i] = (enum cm_event_kind)(i + 1);
    rc = cm_http_client_new(NULL, &http, err);
    if (rc)
        return rc;

    registry = cm_registry_new(cm_config_text(cli->config, "SCHEMA_REGISTRY_URL"), http);
    codec = cm_codec_new(registry, cm_config_text(cli->config, "TOPIC_PREFIX"));
    return cm_codec_register(codec, kinds, err);
}

struct work {
    struct cm_topic_plan plans[TOPICS_MAX];
    enum cm_topic_answer answers[TOPICS_MAX];
    size_t count;
};

static cm_rc create_all(const struct cli *cli, struct work *work, struct cm_err *err)
{
    cm_rc rc = cm_topics_create(cli->config, work->plans, work->count, ASK_MS, work->answers, err);

    if (rc)
        return rc;

    return register_schemas(cli, err);
}

static void print(const struct cli *cli, const struct work *work)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_array(&json, NULL);
    for (size_t i = 0; i < work->count; i++) {
        bool created = work->answers[i] == CM_TOPIC_CREATED;

        if (!cli->json)
            fprintf(cli->out, "topic %s %s\n", work->plans[i].name,
                    created ? "created" : "exists already");
        cm_json_object(&json, NULL);
        cm_json_text(&json, "topic", work->plans[i].name);
        cm_json_bool(&json, "created", created);
        cm_json_end(&json);
    }
    cm_json_end(&json);
    if (cli->json)
        cli_print_json(cli, &body);
    else
        fprintf(cli->out, "schemas registered\n");
}

static cm_rc topics(struct cli *cli, struct cm_err *err)
{
    struct work *work = CM_NEW(cli->arena, struct work);
    int64_t wait_s, deadline_ms;
    cm_rc rc;

    rc = cli_int(cli, "--wait", 0, 3600, 0, &wait_s, err);
    if (rc)
        return rc;

    deadline_ms = cm_mono_ms() + wait_s * 1000;
    work->count = plan_topics(cli, work->plans);
    for (rc = create_all(cli, work, err); rc == CM_RETRY && cm_mono_ms() < deadline_ms;
         rc = create_all(cli, work, err))
        cm_pause_ms(500);
    if (rc)
        return rc;

    print(cli, work);
    return CM_OK;
}

const struct cli_command command_topics = {
    .noun = "topics",
    .summary = "create the topics and register their schemas",
    .details = "One topic an event type, one for each service's dead letters. What is there "
               "already stays as it is,\n"
               "partitions and retention included.",
    .options = options,
    .settings = tables,
    .run = topics,
};
