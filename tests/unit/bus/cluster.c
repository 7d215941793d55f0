#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 8 };
static const char *pairs[PAIRS_MAX][2];

static char *look_up(const char *name)
{
    static char kept[PAIRS_MAX][512]; /* as getenv's texts, these are not the caller's */

    for (int i = 0; i < PAIRS_MAX && pairs[i][0]; i++) {
        if (strcmp(pairs[i][0], name) == 0) {
            snprintf(kept[i], sizeof kept[i], "%s", pairs[i][1]);
            return kept[i];
        }
    }
    return NULL;
}

struct cm_config *bus_config(const char *brokers, ...)
{
    static const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, NULL };
    struct cm_config *config = NULL;
    struct cm_err err = { 0 };
    const char *name;
    int n = 2;
    va_list args;

    memset(pairs, 0, sizeof pairs);
    pairs[0][0] = "KAFKA_BROKERS";
    pairs[0][1] = brokers;
    pairs[1][0] = "SCHEMA_REGISTRY_URL";
    pairs[1][1] = "http://127.0.0.1:1";
    va_start(args, brokers);
    while ((name = va_arg(args, const char *)) && n < PAIRS_MAX) {
        pairs[n][0] = name;
        pairs[n++][1] = va_arg(args, const char *);
    }
    va_end(args);
    if (cm_config_load(tables, look_up, &config, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return config;
}

int cluster_setup(void **state)
{
    struct cluster *cluster = calloc(1, sizeof *cluster);
    char why[200];

    cluster->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    if (!cluster->rk)
        return -1;

    cluster->mock = rd_kafka_mock_cluster_new(cluster->rk, BROKERS);
    /* The mock shares partitions out anew only when a session could have ended. */
    cluster->config = bus_config(rd_kafka_mock_cluster_bootstraps(cluster->mock),
                                 "KAFKA_SESSION_TIMEOUT_MS", "6000", NULL);
    cluster->arena = cm_arena_new();
    *state = cluster;
    return 0;
}

int cluster_teardown(void **state)
{
    struct cluster *cluster = *state;

    rd_kafka_mock_cluster_destroy(cluster->mock);
    rd_kafka_destroy(cluster->rk);
    cm_config_free(cluster->config);
    cm_arena_free(cluster->arena);
    free(cluster);
    return 0;
}

void given_topic(struct cluster *cluster, const char *name, int partitions)
{
    assert_int_equal(rd_kafka_mock_topic_create(cluster->mock, name, partitions, BROKERS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}
