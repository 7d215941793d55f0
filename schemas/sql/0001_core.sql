-- 0001_core.sql - organizations, their numbers, people and calls.
--
-- Everything that a user sees carries organization_id, tied to its parent by a composite foreign key, so that
-- one row-level policy a table (0003) is the one place where "an organization sees its own calls only" stands.
-- The roles callmill_owner, callmill_worker and callmill_api exist before the first migration (deploy/lib/postgres.sh makes them).

CREATE TABLE organization (
    id                uuid PRIMARY KEY,
    name              text NOT NULL CHECK (name <> ''),
    report_recipients text[] NOT NULL DEFAULT '{}',
    retention_days    integer CHECK (retention_days > 0),   -- NULL: kept until deleted
    time_zone         text NOT NULL DEFAULT 'UTC',
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app_user (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    email           text NOT NULL CHECK (email LIKE '%_@_%'),
    name            text NOT NULL DEFAULT '',
    role            text NOT NULL DEFAULT 'member' CHECK (role IN ('admin', 'member')),
    password_hash   text NOT NULL,                          -- Argon2id, libsodium's string form
    disabled_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organization_id)
);
CREATE UNIQUE INDEX app_user_email ON app_user (lower(email));

CREATE TABLE session (
    token_hash      bytea PRIMARY KEY CHECK (length(token_hash) = 32),  -- SHA-256 of the token
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    FOREIGN KEY (user_id, organization_id) REFERENCES app_user (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE api_token (
    id              uuid PRIMARY KEY,
    token_hash      bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    name            text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz,
    expires_at      timestamptz,
    revoked_at      timestamptz,
    FOREIGN KEY (user_id, organization_id) REFERENCES app_user (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX api_token_of_user ON api_token (user_id);

CREATE TABLE phone_number (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    number          text NOT NULL UNIQUE CHECK (number ~ '^\+[1-9][0-9]{1,14}$'),   -- E.164
    label           text NOT NULL DEFAULT '',
    forward_to      text CHECK (forward_to ~ '^\+[1-9][0-9]{1,14}$'),
    greeting        text,
    record          boolean NOT NULL DEFAULT true,
    caller_channel  smallint NOT NULL DEFAULT 0 CHECK (caller_channel IN (0, 1)),   -- of a dual-channel recording
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organization_id)
);
CREATE INDEX phone_number_organization ON phone_number (organization_id);

-- Each fact has its source: 'person' (never overwritten by the pipeline) or 'call:<id> said at 00:12'.
CREATE TABLE contact (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    number          text NOT NULL,
    name            text, name_source    text,
    email           text, email_source   text,
    company         text, company_source text,
    summary         text, summary_source text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, number),
    UNIQUE (id, organization_id)
);

CREATE TABLE call (
    id              uuid PRIMARY KEY,
    call_sid        text NOT NULL UNIQUE CHECK (call_sid ~ '^CA[0-9a-fA-F]{32}$'),
    organization_id uuid NOT NULL,
    phone_number_id uuid NOT NULL,
    contact_id      uuid,                                   -- NULL: withheld number
    from_number     text NOT NULL,
    to_number       text NOT NULL,
    from_to_number  text NOT NULL GENERATED ALWAYS AS (from_number || ' -> ' || to_number) STORED,
    direction       text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    status          text NOT NULL CHECK (status IN ('queued', 'initiated', 'ringing', 'in-progress', 'completed',
                                                    'busy', 'failed', 'no-answer', 'canceled')),
    recording_url   text,
    has_recording   boolean NOT NULL DEFAULT false,
    recorded        boolean NOT NULL DEFAULT false,         -- its number had recording switched on
    recording_awaited boolean NOT NULL DEFAULT false,       -- one is still to be announced, or to be completed
    started_at      timestamptz,
    ended_at        timestamptz,
    duration_ms     bigint CHECK (duration_ms >= 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    swept_at        timestamptz,                            -- when Twilio was last asked about it
    UNIQUE (id, organization_id),
    FOREIGN KEY (phone_number_id, organization_id) REFERENCES phone_number (id, organization_id),
    FOREIGN KEY (contact_id, organization_id) REFERENCES contact (id, organization_id)
);
-- The list: every organization's page costs the same, however old its calls are.
CREATE INDEX call_newest ON call (organization_id, created_at DESC, id DESC);
CREATE INDEX call_contact ON call (contact_id, created_at DESC);
CREATE INDEX call_phone_number ON call (phone_number_id);
CREATE INDEX call_unfinished ON call (updated_at)
    WHERE status IN ('queued', 'initiated', 'ringing', 'in-progress');
CREATE INDEX call_recording_awaited ON call (ended_at) WHERE recording_awaited;

-- A callback that comes after its call was deleted must not bring the call back.
CREATE TABLE deleted_call (
    call_sid        text PRIMARY KEY,
    deleted_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deleted_call_age ON deleted_call (deleted_at);

CREATE FUNCTION remember_deleted_call() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO deleted_call (call_sid) VALUES (OLD.call_sid) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER remember_deleted_call AFTER DELETE ON call FOR EACH ROW EXECUTE FUNCTION remember_deleted_call();

-- What was said about the call, each saying once. status, started_at, ended_at and duration_ms of the call are a
-- function of this set, so that no order of callbacks can make a difference.
CREATE TABLE call_status (
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    status          text NOT NULL,
    sequence        integer NOT NULL DEFAULT -1,            -- Twilio's SequenceNumber; -1: it had none
    source          text NOT NULL CHECK (source IN ('webhook', 'twilio', 'sweeper')), -- posted, asked for, given up
    occurred_at     timestamptz NOT NULL,
    is_timed        boolean NOT NULL DEFAULT false,         -- occurred_at is Twilio's, not the time of arrival
    duration_ms     bigint,
    received_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, status, sequence, source),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);

-- What Twilio said about a call's media streams, each saying once.
CREATE TABLE call_stream (
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    stream_sid      text NOT NULL CHECK (stream_sid ~ '^MZ[0-9a-fA-F]{32}$'),
    event           text NOT NULL CHECK (event IN ('stream-started', 'stream-stopped', 'stream-error')),
    error           text,
    received_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, stream_sid, event),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);

CREATE TABLE call_step (
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    step            text NOT NULL CHECK (step IN ('record', 'transcribe', 'enrich', 'analyze', 'extract-todos', 'report')),
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    reason          text,                                   -- of the last failure
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (call_id, step),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX call_step_failed ON call_step (organization_id, updated_at) WHERE state = 'failed';

CREATE TABLE recording (
    id              uuid PRIMARY KEY,
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    recording_sid   text NOT NULL UNIQUE CHECK (recording_sid ~ '^RE[0-9a-fA-F]{32}$'),
    account_sid     text NOT NULL,
    source          text NOT NULL DEFAULT '',
    state           text NOT NULL DEFAULT 'available' CHECK (state IN ('in-progress', 'available', 'stored', 'absent', 'failed')),
    channels        integer,
    duration_ms     bigint,
    size_bytes      bigint,
    sha256          text,
    reason          text,
    is_call_file    boolean NOT NULL DEFAULT false,         -- {call_sid}.mp3 is this one
    created_at      timestamptz NOT NULL DEFAULT now(),
    stored_at       timestamptz,
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX recording_call ON recording (call_id);
CREATE UNIQUE INDEX recording_call_file ON recording (call_id) WHERE is_call_file;

-- Callbacks about calls that are not known yet: answered 2xx, so kept until the call can be created.
CREATE TABLE pending_callback (
    id          uuid PRIMARY KEY,
    dedup_key   text NOT NULL UNIQUE,                       -- kind, sid and sequence or status
    kind        text NOT NULL CHECK (kind IN ('status', 'recording', 'stream')),
    call_sid    text NOT NULL,
    form        text NOT NULL,                              -- as Twilio posted it
    received_at timestamptz NOT NULL DEFAULT now(),
    swept_at    timestamptz                                 -- when Twilio was last asked about the call
);
CREATE INDEX pending_callback_call ON pending_callback (call_sid);
CREATE INDEX pending_callback_age ON pending_callback (received_at);
