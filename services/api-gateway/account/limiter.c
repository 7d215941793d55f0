#include "account/limiter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"

enum { WAYS = 4 }; /* places that a key may have */

struct place {
    uint64_t key; /* of the SHA-256; 0: empty */
    int64_t since_ms;
    unsigned used;
};

struct limiter {
    pthread_mutex_t lock;
    unsigned attempts;
    int64_t window_ms;
    size_t sets;
    struct place places[];
};

struct limiter *limiter_new(size_t keys, unsigned attempts, int64_t window_ms)
{
    size_t sets = (keys + WAYS - 1) / WAYS;
    struct limiter *limiter =
        cm_must(calloc(1, sizeof *limiter + sets * WAYS * sizeof *limiter->places));

    pthread_mutex_init(&limiter->lock, NULL);
    limiter->attempts = attempts;
    limiter->window_ms = window_ms;
    limiter->sets = sets;
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    if (!limiter)
        return;

    pthread_mutex_destroy(&limiter->lock);
    free(limiter);
}

/* Hashed, so that no one can choose keys that share a place, and none is kept in the clear. */
static uint64_t key_of(struct cm_str text)
{
    struct cm_sha256 hash = cm_sha256(text);
    uint64_t key;

    memcpy(&key, hash.at, sizeof key);
    return key ? key : 1;
}

static struct place *find(struct limiter *limiter, uint64_t key)
{
    struct place *set = &limiter->places[key % limiter->sets * WAYS];

    for (int i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

static struct place *make_room(struct limiter *limiter, uint64_t key)
{
    struct place *set = &limiter->places[key % limiter->sets * WAYS], *victim = set;

    for (int i = 1; i < WAYS; i++)
        if (set[i].used < victim->used ||
            (set[i].used == victim->used && set[i].since_ms < victim->since_ms))
            victim = &set[i];
    *victim = (struct place){ .key = key };
    return victim;
}

int64_t limiter_take(struct limiter *limiter, struct cm_str key, int64_t now_ms)
{
    uint64_t hashed = key_of(key);
    struct place *place;
    int64_t wait_ms = 0;

    pthread_mutex_lock(&limiter->lock);
    place = find(limiter, hashed);
    if (!place)
        place = make_room(limiter, hashed);
    if (place->used == 0 || now_ms - place->since_ms >= limiter->window_ms) {
        place->since_ms = now_ms;
        place->used = 0;
    }
    if (place->used < limiter->attempts)
        place->used++;
    else
        wait_ms = place->since_ms + limiter->window_ms - now_ms;
    pthread_mutex_unlock(&limiter->lock);
    return wait_ms;
}

void limiter_give_back(struct limiter *limiter, struct cm_str key)
{
    struct place *place;

    pthread_mutex_lock(&limiter->lock);
    place = find(limiter, key_of(key));
    if (place && place->used > 0)
        place->used--;
    pthread_mutex_unlock(&limiter->lock);
}

void limiter_forget(struct limiter *limiter, struct cm_str key)
{
    struct place *place;

    pthread_mutex_lock(&limiter->lock);
    place = find(limiter, key_of(key));
    if (place)
        *place = (struct place){ 0 };
    pthread_mutex_unlock(&limiter->lock);
}
