/* pool.h - borrowing a connection of the pool. Only for common/db. */
#pragma once
#include "db/conn.h"

/** Waits for a free place and for the connection, for at most the timeout. */
cm_rc cm_db_borrow(struct cm_db *db, struct cm_conn **out, struct cm_err *err) CM_MUSTCHECK;
/** Takes it back; one that is not `reusable` or not idle is closed. */
void cm_db_give_back(struct cm_db *db, struct cm_conn *conn, bool reusable);

const struct cm_conn_target *cm_db_target(const struct cm_db *db);
int64_t cm_db_deadline_ms(const struct cm_db *db);              /* of a wait that begins now */
void cm_db_count(struct cm_db *db, cm_rc rc, int64_t since_us); /* a round trip, for the metrics */
