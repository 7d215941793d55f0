#include "player.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { MARKS_MAX = 256, MARK_NAME_MAX = 64, WAITING_MAX = 64 << 20 };

struct mark {
    uint64_t at; /* bytes that were taken before it */
    char name[MARK_NAME_MAX];
};

struct player {
    struct live *live;
    void (*mark)(void *ctx, struct cm_str name);
    void *ctx;
    uint64_t taken, played;
    uint64_t since; /* what was played when the sound that plays now began */
    struct mark marks[MARKS_MAX];
    size_t first, count;
};

struct player *player_new(struct live *live, void (*mark)(void *ctx, struct cm_str name), void *ctx)
{
    struct player *player = cm_must(calloc(1, sizeof *player));

    player->live = live;
    player->mark = mark;
    player->ctx = ctx;
    return player;
}

void player_free(struct player *player)
{
    free(player);
}

/* ---- marks ---- */

static void give_back_marks(struct player *player, uint64_t up_to)
{
    while (player->count && player->marks[player->first].at <= up_to) {
        struct mark *mark = &player->marks[player->first];

        player->first = (player->first + 1) % MARKS_MAX;
        player->count--;
        player->mark(player->ctx, cm_str_of(mark->name));
    }
}

static bool take_mark(struct player *player, const json_t *message)
{
    const char *name = json_string_value(json_object_get(json_object_get(message, "mark"), "name"));
    struct mark *mark;

    if (!name || strlen(name) >= MARK_NAME_MAX || player->count == MARKS_MAX ||
        json_object_size(message) != 3)
        return false;
    mark = &player->marks[(player->first + player->count++) % MARKS_MAX];
    mark->at = player->taken;
    snprintf(mark->name, sizeof mark->name, "%s", name);
    give_back_marks(player, player->played);
    return true;
}

/* ---- sound ---- */

static void keep(struct player *player, const unsigned char *bytes, size_t count)
{
    struct live *live = player->live;

    if (live->heard.len + count <= WAITING_MAX)
        cm_buf_put(&live->heard, bytes, count);
}

static bool take_media(struct player *player, const json_t *message)
{
    const json_t *payload = json_object_get(json_object_get(message, "media"), "payload");
    size_t len = json_string_length(payload), count = 0;
    unsigned char *bytes;
    bool good;

    if (!json_is_string(payload) || json_object_size(message) != 3 ||
        json_object_size(json_object_get(message, "media")) != 1)
        return false;
    bytes = cm_must(malloc(len + 1));
    good = sodium_base642bin(bytes, len + 1, json_string_value(payload), len, NULL, &count, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0;
    if (good) {
        if (player->taken == player->played)
            player->since = player->played;
        player->taken += count;
        player->live->bytes_taken += (int64_t)count;
        keep(player, bytes, count);
    }
    free(bytes);
    return good;
}

static bool take_clear(struct player *player)
{
    struct live *live = player->live;

    if (live->clears < LIVE_CLEARS)
        live->cleared_at_ms[live->clears] = (int64_t)(player->played - player->since) / 8;
    live->clears++;
    live->heard.len -= (size_t)(player->taken - player->played) < live->heard.len
                           ? (size_t)(player->taken - player->played)
                           : live->heard.len;
    player->played = player->taken;
    player->since = player->played;
    give_back_marks(player, player->played);
    return true;
}

bool player_take(struct player *player, struct cm_str text)
{
    json_t *message = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *event = json_string_value(json_object_get(message, "event"));
    const char *sid = json_string_value(json_object_get(message, "streamSid"));
    bool good = event && sid && strcmp(sid, player->live->sid) == 0 && player->live->both_ways;

    if (good && strcmp(event, "media") == 0)
        good = take_media(player, message);
    else if (good && strcmp(event, "mark") == 0)
        good = take_mark(player, message);
    else if (good && strcmp(event, "clear") == 0)
        good = json_object_size(message) == 2 && take_clear(player);
    else
        good = false;
    json_decref(message);
    return good;
}

void player_play(struct player *player, size_t bytes)
{
    uint64_t left = player->taken - player->played;

    player->played += left < bytes ? left : bytes;
    player->live->played_ms = (int64_t)player->played / 8;
    give_back_marks(player, player->played);
}
