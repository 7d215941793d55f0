/* hashing.h - a place at hashing passwords.
 *
 * A password costs about 80 ms of a core and 64 MiB to check or to keep, so only LOGIN_HASHES are
 * worked on at a time, whatever they are for. Who waits for a place holds no transaction. Thread:
 * any that may wait.
 */
#pragma once
#include "gateway.h"

/** false: all places are taken for too long, and it was answered with 503. */
bool hashing_enter(struct cm_http_request *rq, struct gateway *gateway);
void hashing_leave(struct gateway *gateway);
