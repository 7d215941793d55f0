-- 0006_call_acts.sql - what people do to calls: delete them, bring old ones in, drive failed steps again.

-- Whatever writes a call's rows as a whole (callbacks, deleting, looking for a recording) follows each other.
CREATE FUNCTION lock_call(its_sid text) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(hashtextextended(its_sid, 0)) $$;

-- The steps of a call, in their order.
CREATE FUNCTION pipeline_steps() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS
    $$ SELECT unnest(ARRAY['record', 'transcribe', 'enrich', 'analyze', 'extract-todos', 'report']) $$;

-- The organization's contact of that number, found or made with that id.
CREATE FUNCTION contact_of(its_organization uuid, its_number text, new_id uuid, at timestamptz) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    found_id uuid;
BEGIN
    LOOP -- twice at most: who comes second finds what the first one made
        SELECT c.id INTO found_id FROM contact c WHERE c.organization_id = its_organization AND c.number = its_number;
        EXIT WHEN found_id IS NOT NULL;
        INSERT INTO contact (id, organization_id, number, created_at, updated_at)
        VALUES (new_id, its_organization, its_number, at, at) ON CONFLICT (organization_id, number) DO NOTHING
        RETURNING id INTO found_id;
        EXIT WHEN found_id IS NOT NULL;
    END LOOP;
    RETURN found_id;
END $$;

-- ---- deleting -----------------------------------------------------------------------------------------------------

-- What hangs on a call goes with it by its foreign keys. What is keyed by the call only, and may hold its words, is
-- found here, whoever deletes: events that nobody has heard yet, and letters too broken to be anybody's. What a relay
-- is publishing at this moment is not waited for: it is out, and goes by itself.
CREATE FUNCTION forget_deleted_calls() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM outbox WHERE id = ANY (ARRAY(
        SELECT o.id FROM outbox o
        WHERE o.aggregatetype <> 'call.deleted' AND (o.aggregateid IN (SELECT g.id::text FROM gone g)
            OR o.message_key IN (SELECT convert_to(g.id::text, 'UTF8') FROM gone g))
        FOR UPDATE OF o SKIP LOCKED));
    DELETE FROM dead_letter d USING gone g WHERE d.call_id IS NULL AND d.message_key = convert_to(g.id::text, 'UTF8');
    RETURN NULL;
END $$;
CREATE TRIGGER forget_deleted_calls AFTER DELETE ON call REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_deleted_calls();

-- ---- bringing in --------------------------------------------------------------------------------------------------

-- 'import': whoever brought the recording in says so. Of two ends it is weaker than any that Twilio tells.
ALTER TABLE call_status DROP CONSTRAINT call_status_source_check,
    ADD CONSTRAINT call_status_source_check CHECK (source IN ('webhook', 'twilio', 'sweeper', 'import'));

GRANT INSERT ON call, call_status, call_step, recording TO callmill_api;

-- ---- driving again ------------------------------------------------------------------------------------------------

-- The Avro record of an event: call.todos-extracted -> CallTodosExtracted.
CREATE FUNCTION event_record(topic text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT regexp_replace(initcap(topic COLLATE "C"), '[^A-Za-z]', '', 'g') $$;

-- The reason of a step that waits behind a failed one.
CREATE FUNCTION step_behind(failed_step text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT 'behind ' || failed_step || ', which failed' $$;

-- Dead letters go back on their way; NULL stands for any. One statement: the letter goes, its inbox row with it, the
-- step waits again (unless another letter says that it failed), and the message lies in its service's outbox as it came.
-- Other services that see it once more find it in their inbox and do nothing: so their rows must be as young as the
-- message is again, or they could be forgotten before it comes. (Who has an inbox is found by going from one name to the
-- next: it has millions of rows and few names.)
CREATE FUNCTION replay_letters(wanted_id uuid, wanted_service text, wanted_call uuid, wanted_step text)
RETURNS TABLE (id uuid, service text, topic text, call_id uuid, step text) LANGUAGE sql AS $$
    WITH RECURSIVE letter AS (
        DELETE FROM dead_letter d
        WHERE (d.id = wanted_id OR wanted_id IS NULL) AND (d.service = wanted_service OR wanted_service IS NULL)
            AND (d.call_id = wanted_call OR wanted_call IS NULL) AND (d.step = wanted_step OR wanted_step IS NULL)
        RETURNING d.*
    ), forgotten AS (
        DELETE FROM inbox i USING letter l
        WHERE i.service = l.service AND i.event_id = l.id AND i.outcome = 'dead'
    ), reader (name) AS (
        SELECT min(i.service) FROM inbox i
        UNION ALL
        SELECT (SELECT min(i.service) FROM inbox i WHERE i.service > r.name) FROM reader r WHERE r.name IS NOT NULL
    ), remembered AS (
        UPDATE inbox i SET handled_at = now() FROM letter l CROSS JOIN reader r
        WHERE i.service = r.name AND i.event_id = l.id AND i.outcome = 'done'
    ), again AS (
        UPDATE call_step s SET state = 'waiting', attempts = 0, reason = NULL, updated_at = now()
        FROM letter l WHERE s.call_id = l.call_id AND s.step = l.step AND s.state = 'failed'
            AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.call_id = s.call_id AND d.step = s.step
                AND (d.service, d.id) NOT IN (SELECT o.service, o.id FROM letter o))
    ), freed AS (
        UPDATE call_step s SET reason = NULL FROM letter l
        WHERE s.call_id = l.call_id AND s.state = 'waiting' AND s.reason = step_behind(l.step)
    ), queued AS (
        INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload, message_key, headers)
        SELECT gen_random_uuid(), l.service, l.topic, left(l.key, 255), event_record(l.topic), l.payload,
            nullif(l.message_key, convert_to(left(l.key, 255), 'UTF8')), l.headers
        FROM (SELECT letter.*, encode(letter.message_key, 'escape') AS key FROM letter) l ORDER BY l.died_at, l.id
    )
    SELECT l.id, l.service, l.topic, l.call_id, l.step FROM letter l ORDER BY l.died_at, l.id
$$;
REVOKE ALL ON FUNCTION replay_letters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replay_letters TO callmill_worker;

-- Twilio is to be asked for the call's recording once more: call-ingest's sweeper does so.
CREATE FUNCTION look_for_recording(wanted_call uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE recording SET state = 'in-progress', reason = NULL WHERE call_id = wanted_call AND state IN ('absent', 'failed');
    UPDATE call SET recording_awaited = true, swept_at = NULL WHERE id = wanted_call;
    UPDATE call_step SET state = 'waiting', attempts = 0, reason = NULL, updated_at = now()
    WHERE call_id = wanted_call AND step = 'record';
    UPDATE call_step SET reason = NULL
    WHERE call_id = wanted_call AND state = 'waiting' AND reason = step_behind('record');
$$;
REVOKE ALL ON FUNCTION look_for_recording FROM PUBLIC;

-- A failed step of one of the organization's own calls. What it gives: 'again'; the step's state, when that is not
-- failed; 'none', when it has not begun; 'lost', when there is nothing left that could be driven.
--
-- A step fails in two ways. A service gives an event up: then there is its letter. Or no recording came: then there is
-- none, and it is looked for.
CREATE FUNCTION retry_step(wanted_call uuid, wanted_step text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    its_state text;
BEGIN
    PERFORM lock_call(c.call_sid) FROM call c WHERE c.id = wanted_call AND c.organization_id = current_organization();
    SELECT s.state INTO its_state FROM call_step s
    WHERE s.call_id = wanted_call AND s.step = wanted_step AND s.organization_id = current_organization() FOR UPDATE;
    IF its_state IS DISTINCT FROM 'failed' THEN
        RETURN coalesce(its_state, 'none');
    END IF;

    PERFORM FROM replay_letters(NULL, NULL, wanted_call, wanted_step);
    IF NOT FOUND THEN
        IF wanted_step <> 'record' THEN
            RETURN 'lost';
        END IF;
        PERFORM look_for_recording(wanted_call);
    END IF;
    RETURN 'again';
END $$;
REVOKE ALL ON FUNCTION retry_step FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retry_step TO callmill_api;
