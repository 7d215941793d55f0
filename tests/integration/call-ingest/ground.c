#include "ground.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/log.h"
#include "download.h"

static struct ground *lookup_ground; /* whose settings are looked up at the moment */

static char *lookup(const char *name)
{
    static char account[] = ACCOUNT, public[] = PUBLIC, token[] = TOKEN;

    if (strcmp(name, "RECORDINGS_DIR") == 0)
        return lookup_ground->folder;
    if (strcmp(name, "TWILIO_ACCOUNT_SID") == 0)
        return account;
    if (strcmp(name, "TWILIO_AUTH_TOKEN") == 0)
        return token;
    return strcmp(name, "PUBLIC_URL") == 0 ? public : NULL;
}

/* MPEG-2 layer III, 32 kbit/s, 16 kHz, two channels: 144 bytes a frame of 36 ms. */
static int write_audio(char *path, int frames)
{
    uint8_t frame[144] = { 0xFF, 0xF3, 0x48, 0x00 };
    CM_OWN_FD int fd = mkstemp(path);

    for (int i = 0; i < frames; i++)
        if (write(fd, frame, sizeof frame) != sizeof frame)
            return -1;
    return fd;
}

void ground_do(struct ground *g, const char *sql, struct cm_str parameter)
{
    (void)ground_ask(g, sql, parameter);
}

struct cm_str ground_ask(struct ground *g, const char *sql, struct cm_str parameter)
{
    return ask_database(g->db, g->arena, sql, parameter);
}

int64_t ground_count(struct ground *g, const char *sql, struct cm_str parameter)
{
    int64_t n = -1;

    assert_true(cm_str_i64(ground_ask(g, sql, parameter), 0, INT64_MAX, &n));
    return n;
}

static void make_organization(struct ground *g)
{
    struct cm_uuid_text id;
    uint32_t tail;

    g->organization = cm_uuid_v7(cm_now_us());
    g->number_id = cm_uuid_v7(cm_now_us());
    id = cm_uuid_text(g->organization);
    snprintf(g->run, sizeof g->run, "%.8s%.4s%.12s", id.at + 24, id.at + 9, id.at + 24);
    memcpy(&tail, g->organization.at + 12, sizeof tail);
    g->number = cm_arena_printf(g->arena, "+1%010u", tail);
    ground_do(g, "INSERT INTO organization (id, name) VALUES ($1::text::uuid, 'ground')",
              cm_str_of(id.at));
    ground_do(g,
              "INSERT INTO phone_number (id, organization_id, number) SELECT split_part($1, ' ', "
              "1)::uuid,"
              " split_part($1, ' ', 2)::uuid, split_part($1, ' ', 3)",
              cm_arena_printf(g->arena, "%s %s %.*s", cm_uuid_text(g->number_id).at, id.at,
                              CM_STR_FMT(g->number)));
}

static void make_app(struct ground *g)
{
    static const struct cm_setting *const tables[] = { ingest_settings, download_settings,
                                                       cm_recordings_settings, NULL };

    lookup_ground = g;
    if (cm_config_load(tables, lookup, &g->config, &g->err) ||
        cm_twilio_keys_new(TOKEN, "SK1:hush", "rc=3&rp=all", &g->app.keys, &g->err))
        fail_msg("%s", g->err.msg);
    g->bench = cm_bench_new(g->db, &g->app, GROUND_TIME);
    g->app.service = cm_bench_service(g->bench);
    g->app.config = g->config;
    g->app.recordings = cm_recordings_in_folder(g->folder);
    g->app.public_url = PUBLIC;
    g->app.account_sid = ACCOUNT;
    g->app.recording_callback = PUBLIC "/twilio/recording#rc=3&rp=all";
    g->app.message_s = 120;
    g->app.intake = (struct intake){ .db = g->db, .service = g->app.service };
}

int ground_open(void **state)
{
    struct ground *g = calloc(1, sizeof *g);
    const char *url = getenv("DATABASE_URL");

    *state = g;
    g->arena = cm_arena_new();
    cm_log_setup("test", CM_LOG_ERROR, CM_LOG_TEXT);
    if (!url || cm_db_new(url, 4, 10000, "ingest test", NULL, &g->db, &g->err))
        fail_msg("DATABASE_URL: %s", url ? g->err.msg : "not set");
    if (cm_http_client_new(NULL, &g->client, &g->err))
        fail_msg("%s", g->err.msg);
    strcpy(g->folder, "/tmp/ingest_ground.XXXXXX");
    strcpy(g->audio[0], "/tmp/ingest_audio.XXXXXX");
    strcpy(g->audio[1], "/tmp/ingest_audio.XXXXXX");
    if (!mkdtemp(g->folder) || write_audio(g->audio[0], 100) < 0 ||
        write_audio(g->audio[1], 200) < 0)
        return 1;
    make_organization(g);
    make_app(g);
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);

    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

int ground_close(void **state)
{
    struct ground *g = *state;
    struct cm_uuid_text id = cm_uuid_text(g->organization);

    ground_do(g, "DELETE FROM call WHERE organization_id = $1::text::uuid", cm_str_of(id.at));
    ground_do(g, "DELETE FROM organization WHERE id = $1::text::uuid", cm_str_of(id.at));
    ground_do(g, "DELETE FROM pending_callback WHERE call_sid LIKE 'CA' || $1 || '%'",
              cm_str_of(g->run));
    ground_do(g, "DELETE FROM deleted_call WHERE call_sid LIKE 'CA' || $1 || '%'",
              cm_str_of(g->run));
    rest_free(g->rest);
    world_finish(&g->world);
    twilio_free(g->app.twilio);
    cm_recordings_free(g->app.recordings);
    cm_twilio_keys_free(g->app.keys);
    cm_config_free(g->config);
    cm_http_client_free(g->client);
    cm_bench_free(g->bench);
    cm_db_free(g->db);
    remove_folder(g->folder);
    unlink(g->audio[0]);
    unlink(g->audio[1]);
    cm_arena_free(g->arena);
    free(g);
    return 0;
}

struct cm_str ground_sid(struct ground *g, const char *kind, unsigned n)
{
    return cm_arena_printf(g->arena, "%s%s%08x", kind, g->run, n);
}

/* ---- Twilio ---- */

void ground_twilio(struct ground *g, int calls, int recordings)
{
    struct twilio_options twilio = {
        .rest = { .client = g->client, .account_sid = ACCOUNT, .auth_tokens = "old, " TOKEN },
        .timeout_ms = 5000
    };
    struct options *o = &g->options;

    o->account_sid = ACCOUNT;
    o->auth_token = TOKEN;
    o->listen = "127.0.0.1:0";
    o->public_url = PUBLIC;
    o->outcome = "completed";
    o->calls = calls;
    o->to[0] = cm_arena_text(g->arena, g->number);
    o->to_count = 1;
    o->seed = (uint64_t)cm_now_us();
    for (o->audio_count = 0; o->audio_count < recordings; o->audio_count++)
        o->audio[o->audio_count] = g->audio[o->audio_count];
    if (world_make(&g->world, o, &g->err) || rest_start(&g->world, &g->rest, &g->err))
        fail_msg("%s", g->err.msg);
    for (int i = 0; i < calls;
         i++) { /* by the sids of this test, so that its rows are found again */
        struct call *call = &g->world.calls[i];

        memcpy(call->sid + 2, g->run, 24);
        call->ended_us = GROUND_TIME;
        call->started_us = GROUND_TIME - 60 * SECOND;
        for (int k = 0; k < call->recording_count; k++)
            memcpy(call->recordings[k].sid + 2, g->run, 24);
    }
    twilio.rest.api_url = cm_arena_printf(g->arena, "http://127.0.0.1:%u", rest_port(g->rest)).at;
    g->app.twilio = twilio_new(&twilio);
}

void ground_placed(struct ground *g, int index, bool ended, bool recorded)
{
    struct call *call = &g->world.calls[index];

    pthread_mutex_lock(&g->world.lock);
    call->placed = true;
    call->answered = true;
    call->ended = ended;
    for (int i = 0; i < call->recording_count; i++) {
        call->recordings[i].started = recorded;
        call->recordings[i].done = recorded && ended;
    }
    pthread_mutex_unlock(&g->world.lock);
}

/* ---- looking ---- */

struct cm_str ground_digest(struct ground *g, struct cm_str call_sid)
{
    static const char sql[] =
        "SELECT concat_ws(E'\\n',"
        " (SELECT row_to_json(x)::text FROM (SELECT from_number, direction, status, recorded, "
        "recording_awaited,"
        "   has_recording, started_at, ended_at, duration_ms, contact_id IS NULL AS nobody"
        "   FROM call WHERE id = c.id) x),"
        " (SELECT string_agg(row_to_json(x)::text, ',' ORDER BY x.status, x.sequence, x.source)"
        "   FROM (SELECT status, sequence, source, occurred_at, is_timed, duration_ms FROM "
        "call_status"
        "          WHERE call_id = c.id) x),"
        " (SELECT string_agg(row_to_json(x)::text, ',' ORDER BY row_to_json(x)::text)"
        "   FROM (SELECT source, state, channels, duration_ms, reason FROM recording WHERE call_id "
        "= c.id) x),"
        " (SELECT string_agg(row_to_json(x)::text, ',' ORDER BY x.event)"
        "   FROM (SELECT event, error FROM call_stream WHERE call_id = c.id) x),"
        " (SELECT string_agg(row_to_json(x)::text, ',' ORDER BY x.step)"
        "   FROM (SELECT step, state, reason FROM call_step WHERE call_id = c.id) x),"
        " (SELECT count(*)::text FROM pending_callback p WHERE p.call_sid = c.call_sid))"
        " FROM call c WHERE c.call_sid = $1";

    return ground_ask(g, sql, call_sid);
}

size_t ground_emitted(struct ground *g, enum cm_event_kind kind)
{
    return cm_bench_emitted(g->bench, kind);
}
