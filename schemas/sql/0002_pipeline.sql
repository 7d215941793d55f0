-- 0002_pipeline.sql - what the steps make of a call, and the tables that make delivery exact.

-- One a call: when a longer recording becomes the call's file, it is transcribed anew and this is replaced.
CREATE TABLE transcription (
    id              uuid PRIMARY KEY,
    call_id         uuid NOT NULL UNIQUE,
    organization_id uuid NOT NULL,
    recording_sid   text NOT NULL,
    text            text NOT NULL,                          -- turns, one a line: "Caller: ..." / "Agent: ..."
    language        text NOT NULL,                          -- ISO 639-1
    engine          text NOT NULL,
    model           text NOT NULL,
    duration_ms     bigint NOT NULL,                        -- of the audio
    words           tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organization_id),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX transcription_words ON transcription USING gin (words);

CREATE TABLE segment (
    id               uuid PRIMARY KEY,
    transcription_id uuid NOT NULL,
    call_id          uuid NOT NULL,
    organization_id  uuid NOT NULL,
    position         integer NOT NULL,                      -- from 0, in order of start
    channel          smallint NOT NULL,
    role             text NOT NULL CHECK (role IN ('caller', 'agent')),
    start_ms         bigint NOT NULL,
    end_ms           bigint NOT NULL CHECK (end_ms >= start_ms),
    text             text NOT NULL,
    UNIQUE (transcription_id, position),
    FOREIGN KEY (transcription_id, organization_id) REFERENCES transcription (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX segment_call ON segment (call_id, position);

CREATE TABLE analyzer (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    name            text NOT NULL CHECK (name <> ''),
    prompt          text NOT NULL,
    engine          text NOT NULL DEFAULT 'default' CHECK (engine IN ('default', 'rules', 'openai')),
    active          boolean NOT NULL DEFAULT true,
    position        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,                            -- its runs stay
    UNIQUE (id, organization_id)
);
CREATE UNIQUE INDEX analyzer_name ON analyzer (organization_id, name) WHERE deleted_at IS NULL;

-- Appended, never changed: no role may update it.
CREATE TABLE analysis_run (
    id              uuid PRIMARY KEY,
    seq             bigint GENERATED ALWAYS AS IDENTITY,    -- the order in which runs were appended
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    analyzer_id     uuid NOT NULL,
    analysis_text   text NOT NULL,
    trigger         text NOT NULL CHECK (trigger IN ('transcribed', 'rerun')),
    request_id      uuid,                                   -- of the re-run
    event_id        uuid NOT NULL,                          -- the event that caused it
    engine          text NOT NULL,
    model           text NOT NULL,
    prompt_sha256   text NOT NULL,
    duration_ms     bigint NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_id, analyzer_id),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE,
    FOREIGN KEY (analyzer_id, organization_id) REFERENCES analyzer (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX analysis_run_call ON analysis_run (call_id, seq);
CREATE INDEX analysis_run_analyzer ON analysis_run (analyzer_id);

CREATE TABLE todo (
    id              uuid PRIMARY KEY,
    call_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    title           text NOT NULL,
    owner           text NOT NULL CHECK (owner IN ('caller', 'agent')),
    due_date        date,
    done            boolean NOT NULL DEFAULT false,
    segment_id      uuid REFERENCES segment ON DELETE SET NULL,
    evidence        text NOT NULL,
    fingerprint     text NOT NULL,                          -- what makes it the same to-do when extracted again
    position        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    edited_at       timestamptz,                            -- by a person: the extractor leaves it alone
    UNIQUE (call_id, fingerprint),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX todo_organization ON todo (organization_id, done, due_date);
CREATE INDEX todo_segment ON todo (segment_id);

CREATE TABLE report (
    id              uuid PRIMARY KEY,
    call_id         uuid NOT NULL UNIQUE,
    organization_id uuid NOT NULL,
    state           text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sending', 'sent', 'skipped')),
    message_id      text NOT NULL,                          -- stable for the call
    recipients      text[] NOT NULL DEFAULT '{}',
    subject         text,
    body_text       text,
    body_html       text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz,
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);

-- What a service has seen to, in the same transaction as its effects: a repeat finds its row and does nothing.
CREATE TABLE inbox (
    service    text NOT NULL,
    event_id   uuid NOT NULL,
    outcome    text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'dead')),
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, event_id)
);
CREATE INDEX inbox_handled ON inbox USING brin (handled_at);

-- Columns as Debezium's outbox event router has them, so that it can take the relay's place; seq, producer,
-- headers and created_at are ours.
CREATE TABLE outbox (
    id            uuid PRIMARY KEY,
    seq           bigint GENERATED ALWAYS AS IDENTITY,
    producer      text NOT NULL,                            -- the service whose relay publishes it
    aggregatetype varchar(255) NOT NULL,                    -- the topic without its prefix
    aggregateid   varchar(255) NOT NULL,                    -- the key: call id
    type          varchar(255) NOT NULL,                    -- the Avro record's name
    payload       bytea NOT NULL,                           -- the framed value
    message_key   bytea,                                    -- where the key is not aggregateid: a dead letter's, as it came
    headers       jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_next ON outbox (producer, seq);

CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('callmill_outbox', '');
    RETURN NULL;
END $$;
-- One notification a statement; PostgreSQL folds equal ones of a transaction into one.
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();

-- Events that a service gave up on, whole, so that they can be driven again (callmill dlq replay).
CREATE TABLE dead_letter (
    id              uuid NOT NULL,                          -- the event's, or named after its place in the topic
    service         text NOT NULL,
    topic           text NOT NULL,                          -- without prefix
    message_key     bytea NOT NULL,
    payload         bytea NOT NULL,
    headers         jsonb NOT NULL DEFAULT '{}',
    organization_id uuid,                                   -- NULL: the event could not be read
    call_id         uuid REFERENCES call ON DELETE CASCADE,
    step            text,
    class           text NOT NULL,                          -- retry | reject
    reason          text NOT NULL,
    attempts        integer NOT NULL,
    died_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, id)                               -- several services may give up on one event
);
CREATE INDEX dead_letter_service ON dead_letter (service, died_at);
CREATE INDEX dead_letter_call ON dead_letter (call_id);
