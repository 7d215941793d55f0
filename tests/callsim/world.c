#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp3_length.h"

/* splitmix64: one multiplication more than needed for a test, and good for any seed. */
static uint64_t rng_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

unsigned rng_below(uint64_t *state, unsigned below)
{
    return (unsigned)(rng_next(state) % below);
}

bool rng_chance(uint64_t *state, int percent)
{
    return rng_below(state, 100) < (unsigned)percent;
}

static cm_rc audio_read(const char *path, struct audio *out, struct cm_err *err)
{
    CM_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    struct cm_sha256 hash;
    struct cm_str file;
    void *at;
    cm_rc rc;

    if (fd < 0 || fstat(fd, &st) < 0)
        return cm_fail(err, CM_REJECT, "--audio %s: %s", path, strerror(errno));
    if (st.st_size == 0)
        return cm_fail(err, CM_REJECT, "--audio %s: the file is empty", path);
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return cm_fail(err, CM_REJECT, "--audio %s: %s", path, strerror(errno));

    file = (struct cm_str){ at, (size_t)st.st_size };
    hash = cm_sha256(file);
    out->path = path;
    out->size_bytes = file.len;
    out->sha256 = cm_hex(hash.at, sizeof hash.at);
    rc = mp3_length(file, &out->duration_ms, &out->channels, err);
    munmap(at, file.len);
    return rc ? cm_err_wrap(err, "--audio %s", path) : CM_OK;
}

/* 24 digits of the seed's hash and 8 of the index. */
static void make_sid(char out[35], const char *kind, uint64_t seed, unsigned index)
{
    char text[64];
    int len = snprintf(text, sizeof text, "callsim:%s:%llu", kind, (unsigned long long)seed);
    struct cm_sha256 hash = cm_sha256((struct cm_str){ text, (size_t)len });

    snprintf(out, 35, "%s%.24s%08x", kind, cm_hex(hash.at, 12).at, index);
}

static void add_hook(struct call *call, enum hook_kind kind, int recording,
                     const struct options *options)
{
    struct hook *hook = &call->hooks[call->hook_count++];

    hook->kind = kind;
    hook->recording = recording;
    hook->withheld = rng_chance(&call->rng, options->missing_percent);
    hook->copies = 1;
    if (rng_chance(&call->rng, options->repeat_percent))
        hook->copies += 1 + (int)rng_below(&call->rng, 2);
}

static bool all_withheld(const struct call *call)
{
    for (int i = 0; i < call->hook_count; i++)
        if (!call->hooks[i].withheld)
            return false;
    return true;
}

static void plan_hooks(struct call *call, const struct options *options)
{
    add_hook(call, HOOK_VOICE, 0, options);
    add_hook(call, HOOK_RINGING, 0, options);
    if (call->recording_count)
        add_hook(call, HOOK_ANSWERED, 0, options);
    for (int i = 0; i < call->recording_count; i++)
        add_hook(call, HOOK_RECORDING_STARTED, i, options);
    add_hook(call, HOOK_ENDED, 0, options);
    for (int i = 0; i < call->recording_count; i++)
        add_hook(call, HOOK_RECORDING_DONE, i, options);
    /* A call of which nothing is ever heard would be no call. */
    if (all_withheld(call))
        call->hooks[rng_below(&call->rng, (unsigned)call->hook_count)].withheld = false;
    for (int i = call->hook_count - 1; options->shuffle && i > 0; i--) {
        int other = (int)rng_below(&call->rng, (unsigned)i + 1);
        struct hook hook = call->hooks[i];

        call->hooks[i] = call->hooks[other];
        call->hooks[other] = hook;
    }
}

static void make_call(struct world *world, int index)
{
    const struct options *o = world->options;
    struct call *call = &world->calls[index];
    bool completed = strcmp(o->outcome, "completed") == 0;
    int64_t longest_ms = 0;

    call->index = index;
    call->rng = o->seed * 1000003u + (unsigned)index;
    call->to = o->to[index % o->to_count];
    if (rng_chance(&call->rng, o->withheld_percent))
        snprintf(call->from, sizeof call->from, "+266696687");
    else if (o->from)
        snprintf(call->from, sizeof call->from, "%s", o->from);
    else
        snprintf(call->from, sizeof call->from, "+1415%07d", index);
    make_sid(call->sid, "CA", o->seed, (unsigned)index);
    call->recording_count = completed ? o->audio_count : 0;
    call->recorded = true; /* until the TwiML says otherwise */
    for (int i = 0; i < call->recording_count; i++) {
        make_sid(call->recordings[i].sid, "RE", o->seed, (unsigned)(index * AUDIO_MAX + i));
        call->recordings[i].audio = &world->audio[i];
        if (world->audio[i].duration_ms > longest_ms)
            longest_ms = world->audio[i].duration_ms;
    }
    call->ended_us = cm_now_us();
    call->started_us = call->ended_us;
    if (completed)
        call->started_us -=
            (o->duration_s ? o->duration_s : (longest_ms + 999) / 1000) * CM_US_PER_SEC;
    plan_hooks(call, o);
}

cm_rc world_make(struct world *world, const struct options *options, struct cm_err *err)
{
    cm_rc rc;

    *world = (struct world){ .options = options, .arena = cm_arena_new() };
    pthread_mutex_init(&world->lock, NULL);
    for (int i = 0; i < options->audio_count; i++) {
        rc = audio_read(options->audio[i], &world->audio[i], err);
        if (rc)
            return rc;
    }
    world->calls = CM_NEW_N(world->arena, struct call, options->calls);
    for (int i = 0; i < options->calls; i++)
        make_call(world, i);
    return CM_OK;
}

void world_finish(struct world *world)
{
    if (!world->arena)
        return;
    for (int i = 0; world->calls && i < world->options->calls; i++) {
        if (world->calls[i].live)
            cm_buf_finish(&world->calls[i].live->heard);
        free(world->calls[i].live);
    }
    for (int i = 0; i < AUDIO_MAX; i++)
        for (int channel = 0; channel < 2; channel++)
            cm_buf_finish(&world->audio[i].mulaw[channel]);
    cm_arena_free(world->arena);
    pthread_mutex_destroy(&world->lock);
}

static bool index_of(struct cm_str sid, uint32_t *index)
{
    char text[9] = { 0 }, *end;

    if (sid.len != 34)
        return false;
    memcpy(text, sid.at + 26, 8);
    *index = (uint32_t)strtoul(text, &end, 16);
    return *end == '\0';
}

struct call *world_call(struct world *world, struct cm_str sid)
{
    uint32_t index;

    if (!index_of(sid, &index) || index >= (uint32_t)world->options->calls ||
        !cm_str_is(sid, world->calls[index].sid))
        return NULL;
    return &world->calls[index];
}

struct call *world_recording(struct world *world, struct cm_str sid, struct recording **recording)
{
    uint32_t index;
    struct call *call;

    if (!index_of(sid, &index) || index / AUDIO_MAX >= (uint32_t)world->options->calls)
        return NULL;
    call = &world->calls[index / AUDIO_MAX];
    if ((int)(index % AUDIO_MAX) >= call->recording_count ||
        !cm_str_is(sid, call->recordings[index % AUDIO_MAX].sid))
        return NULL;
    if (recording)
        *recording = &call->recordings[index % AUDIO_MAX];
    return call;
}

bool world_all_fetched(struct world *world)
{
    bool all = true;

    pthread_mutex_lock(&world->lock);
    for (int i = 0; i < world->options->calls && all; i++) {
        const struct call *call = &world->calls[i];

        for (int k = 0; k < call->recording_count && all; k++)
            all = !call->recordings[k].done || call->recordings[k].fetched > 0;
    }
    pthread_mutex_unlock(&world->lock);
    return all;
}
