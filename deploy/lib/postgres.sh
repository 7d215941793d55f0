# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# postgres.sh - a private PostgreSQL 15 on loopback, with callmill's database and its three roles.

pg_bin=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root; Debian's package brings the user postgres for that.
as_postgres=()
if [ "$(id -u)" = 0 ]; then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql)
fi

# Where the data lies: in the run directory, or elsewhere when the user postgres cannot get there.
postgres_place() {
    if [ -e "$run_dir/postgres.place" ]; then
        cat "$run_dir/postgres.place"
        return
    fi
    local place=$run_dir/postgres
    mkdir -p "$place"
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$place"
        if ! (cd / && "${as_postgres[@]}" test -w "$place") 2>/dev/null; then
            rmdir "$place"
            place=$(mktemp -d /var/tmp/callmill-postgres.XXXXXX)
            chown postgres: "$place"
            say "PostgreSQL: the user postgres may not enter $run_dir, so its data is in $place" >&2
        fi
    fi
    chmod 700 "$place"
    echo "$place" >"$run_dir/postgres.place"
    echo "$place"
}

postgres_start() {
    local place
    process_runs postgres && return 0
    place=$(postgres_place)
    [ -e "$place/data/PG_VERSION" ] || postgres_init "$place" || return 1
    # Room for every service's pool and for tests; durable, as the promise to Twilio needs it to be.
    process_start postgres "${as_postgres[@]}" "$pg_bin/postgres" -D "$place/data" \
        -c listen_addresses=127.0.0.1 -c port="$pg_port" -c unix_socket_directories= \
        -c max_connections=300 -c shared_buffers=256MB -c max_wal_size=2GB -c checkpoint_timeout=15min \
        -c wal_compression=on -c jit=off -c timezone=UTC -c log_timezone=UTC \
        -c log_min_duration_statement=1000 -c log_line_prefix='%m [%p] %u@%d '
    process_wait postgres 60 postgres_answers || return 1
    [ -e "$run_dir/postgres.made" ] || postgres_make_database
}

postgres_init() { # PLACE
    local place=$1 log=$run_dir/log/initdb.log
    rm -rf "$place/data" "$place/data.part"
    (umask 077 && echo "$pg_admin_password" >"$place/password")
    [ "$(id -u)" != 0 ] || chown postgres: "$place/password"
    if ! (
        cd / && "${as_postgres[@]}" "$pg_bin/initdb" --pgdata="$place/data.part" --username=postgres \
            --auth=scram-sha-256 --pwfile="$place/password" --encoding=UTF8 --locale=C.UTF-8 --no-sync
    ) >"$log" 2>&1; then
        show_tail "$log" >&2
        say "error: PostgreSQL's initdb failed, see $log" >&2
        return 1
    fi
    rm -f "$place/password"
    mv "$place/data.part" "$place/data"
}

postgres_answers() { postgres_sql postgres -c 'SELECT 1'; }

postgres_sql() { # DATABASE PSQL-ARGUMENT...
    local database=$1
    shift
    PGPASSWORD=$pg_admin_password PGCONNECT_TIMEOUT=3 "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$pg_port" -U postgres -d "$database" "$@"
}

postgres_make_database() {
    postgres_sql postgres <<SQL >/dev/null
CREATE ROLE callmill_owner LOGIN CREATEDB PASSWORD '$pg_owner_password';
CREATE ROLE callmill_worker LOGIN PASSWORD '$pg_worker_password';
CREATE ROLE callmill_api LOGIN PASSWORD '$pg_api_password';
CREATE DATABASE callmill OWNER callmill_owner;
REVOKE ALL ON DATABASE callmill FROM PUBLIC;
GRANT CONNECT ON DATABASE callmill TO callmill_worker, callmill_api;
SQL
    touch "$run_dir/postgres.made"
}

# SIGINT is PostgreSQL's fast shutdown: clients are cut off, what is committed is on disk.
postgres_stop() { process_stop postgres INT 30; }

postgres_remove() {
    local place
    [ -e "$run_dir/postgres.place" ] || return 0
    place=$(cat "$run_dir/postgres.place")
    case $place in
    "$run_dir/postgres" | /var/tmp/callmill-postgres.??????) rm -rf "$place" ;;
    *) warn "not removing $place: that is no place of ours" ;;
    esac
}

postgres_url() { # ROLE
    local password=pg_${1}_password
    echo "postgresql://callmill_$1:${!password}@127.0.0.1:$pg_port/callmill"
}
