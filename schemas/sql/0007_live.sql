-- 0007_live.sql - calls while they last: media streams, who holds them, and what is said on them.

-- What the number's callers talk to while a realtime model is configured.
ALTER TABLE phone_number
    ADD COLUMN assistant    boolean NOT NULL DEFAULT true,  -- a model answers, where nothing is forwarded
    ADD COLUMN instructions text CHECK (length(instructions) BETWEEN 1 AND 8000), -- NULL: plain ones
    ADD COLUMN voice        text CHECK (voice ~ '^[A-Za-z0-9_-]{1,64}$');         -- NULL: the model's own
GRANT UPDATE (assistant, instructions, voice) ON phone_number TO callmill_api;

-- The right to open one media stream of one call. It goes to Twilio in the answer to the voice webhook and comes back
-- on the stream; only its hash is kept.
CREATE TABLE stream_token (
    token_hash      bytea PRIMARY KEY CHECK (length(token_hash) = 32),  -- SHA-256 of the token
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('assistant', 'captions')), -- what the stream is opened for
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz,
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX stream_token_call ON stream_token (call_id);
CREATE INDEX stream_token_expiry ON stream_token (expires_at);

-- Processes that hold streams say now and then that they live: what one of them held when it was killed is ended by
-- the next that looks.
CREATE TABLE live_holder (
    id      uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
);

CREATE TABLE live_session (
    id              uuid PRIMARY KEY,
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    stream_sid      text NOT NULL CHECK (stream_sid ~ '^MZ[0-9a-fA-F]{32}$'),
    kind            text NOT NULL CHECK (kind IN ('assistant', 'captions')), -- a model talks; or it is only written down
    engine          text NOT NULL DEFAULT '',               -- what hears: 'realtime', or a speech engine's name
    model           text NOT NULL DEFAULT '',
    holder_id       uuid REFERENCES live_holder,            -- NULL: it has ended, and nobody holds it
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    reason          text CHECK (reason IN ('stopped', 'closed', 'silent', 'stream-error', 'call-ended', 'hung-up',
                                           'forwarded', 'model-lost', 'time-limit', 'shutdown', 'lost', 'refused')),
    CHECK ((ended_at IS NULL) = (reason IS NULL)),
    CHECK ((ended_at IS NULL) = (holder_id IS NOT NULL)),   -- so that a holder that is no more can be forgotten
    UNIQUE (id, call_id),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX live_session_open ON live_session (call_id) WHERE ended_at IS NULL; -- one stream at a time a call
CREATE INDEX live_session_call ON live_session (call_id, started_at);
CREATE INDEX live_session_held ON live_session (holder_id) WHERE holder_id IS NOT NULL;
CREATE INDEX live_session_running ON live_session (organization_id) WHERE ended_at IS NULL;

-- What was said, turn by turn; appended when a turn is over, never changed.
CREATE TABLE live_turn (
    id              uuid PRIMARY KEY,
    session_id      uuid NOT NULL,
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    position        integer NOT NULL,                       -- from 0, in the order in which turns ended
    role            text NOT NULL CHECK (role IN ('caller', 'agent')),
    start_ms        bigint NOT NULL CHECK (start_ms >= 0),  -- since the stream began
    end_ms          bigint NOT NULL,
    text            text NOT NULL CHECK (text <> ''),
    interrupted     boolean NOT NULL DEFAULT false,         -- cut short by the caller: text is what could be heard
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (end_ms >= start_ms),
    UNIQUE (session_id, position),
    FOREIGN KEY (session_id, call_id) REFERENCES live_session (id, call_id) ON DELETE CASCADE,
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX live_turn_call ON live_turn (call_id);

-- A stream that began says that the call is in progress, as a callback of Twilio's would.
ALTER TABLE call_status DROP CONSTRAINT call_status_source_check,
    ADD CONSTRAINT call_status_source_check CHECK (source IN ('webhook', 'twilio', 'sweeper', 'import', 'stream'));

-- Who holds a stream is woken when its call is over or deleted, or Twilio says that the stream broke: it may hear so
-- nowhere else.
CREATE FUNCTION wake_live_holders(its_call uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('callmill_live', '') FROM live_session WHERE call_id = its_call AND ended_at IS NULL
$$;

CREATE FUNCTION call_ended_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wake_live_holders(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER call_ended_live AFTER UPDATE OF status ON call FOR EACH ROW
    WHEN (NEW.status IN ('completed', 'busy', 'failed', 'no-answer', 'canceled') AND OLD.status <> NEW.status)
    EXECUTE FUNCTION call_ended_live();

CREATE FUNCTION stream_ended_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wake_live_holders(NEW.call_id);
    RETURN NULL;
END $$;
CREATE TRIGGER stream_ended_live AFTER INSERT ON call_stream FOR EACH ROW
    WHEN (NEW.event IN ('stream-error', 'stream-stopped')) EXECUTE FUNCTION stream_ended_live();

CREATE FUNCTION session_deleted_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('callmill_live', '');
    RETURN NULL;
END $$;
CREATE TRIGGER session_deleted_live AFTER DELETE ON live_session FOR EACH ROW
    WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION session_deleted_live();

GRANT SELECT, INSERT, UPDATE, DELETE ON stream_token, live_holder, live_session TO callmill_worker;
GRANT SELECT, INSERT, DELETE ON live_turn TO callmill_worker;
GRANT SELECT ON live_session, live_turn TO callmill_api;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['stream_token', 'live_session', 'live_turn'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY pipeline ON %I TO callmill_owner, callmill_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY organization ON %I TO callmill_api USING (organization_id = (SELECT current_organization()))
                        WITH CHECK (organization_id = (SELECT current_organization()))', name);
    END LOOP;
END $$;
