-- 0005_desk.sql - what people do with their calls: glances at them, assigned to-dos, settings, and changes made once.

-- At a glance, beside the call: kept by analyzer-runner from the newest run of a summary and of a sentiment analyzer,
-- so that a list of calls stays one look at one index.
ALTER TABLE call
    ADD COLUMN summary   text,
    ADD COLUMN sentiment text CHECK (sentiment IN ('positive', 'neutral', 'mixed', 'negative'));
CREATE INDEX call_sentiment ON call (organization_id, sentiment, created_at DESC, id DESC) WHERE sentiment IS NOT NULL;

ALTER TABLE analysis_run
    ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('english', analysis_text)) STORED;
CREATE INDEX analysis_run_words ON analysis_run USING gin (words);

-- Calls in which something was said, or found by an analyzer; NULL asks for neither. Words may tell of a row that is
-- looked at, so beneath row-level security no index is asked for them: the owner asks it here, within the caller's
-- organization. It is asked for what few calls hold, hence the rows that the planner is told of.
CREATE FUNCTION calls_with_words(said tsquery, found tsquery) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT call_id FROM (
        SELECT call_id, 1 AS side FROM transcription WHERE words @@ said AND organization_id = current_organization()
        UNION ALL
        SELECT call_id, 2 FROM analysis_run WHERE words @@ found AND organization_id = current_organization()) hit
    GROUP BY call_id HAVING bit_or(side) = (said IS NOT NULL)::integer + 2 * (found IS NOT NULL)::integer
$$;
REVOKE ALL ON FUNCTION calls_with_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calls_with_words TO callmill_api;

-- A person may add to-dos, give them to somebody, and put them away: those stay, unseen, so that reading the call again
-- does not bring them back. Sorted by their day; an expression in its place would keep row-level security's
-- conditions from the index.
ALTER TABLE todo
    ADD COLUMN assignee_id uuid,
    ADD COLUMN deleted_at  timestamptz,
    ADD COLUMN due_day     integer NOT NULL                 -- since 1970; those without a day come last
        GENERATED ALWAYS AS (coalesce(due_date - date '1970-01-01', 2147483647)) STORED,
    ADD FOREIGN KEY (assignee_id, organization_id) REFERENCES app_user (id, organization_id);
DROP INDEX todo_organization;
CREATE INDEX todo_due ON todo (organization_id, due_day, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX todo_open ON todo (organization_id, due_day, created_at DESC, id DESC) WHERE deleted_at IS NULL AND NOT done;
CREATE INDEX todo_assignee ON todo (assignee_id, due_day, created_at DESC, id DESC) WHERE assignee_id IS NOT NULL;
CREATE INDEX todo_counted ON todo (organization_id, done, due_date) WHERE deleted_at IS NULL;

-- How far the pipeline is behind: a look at what is not done, call by call.
CREATE INDEX call_step_open ON call_step (organization_id, call_id, step, state, updated_at) WHERE state <> 'done';

-- A time zone that nobody knows (any more) is UTC, as it is in reports.
CREATE FUNCTION known_zone(wanted text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM now() AT TIME ZONE wanted;
    RETURN wanted;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END $$;

-- Contacts are listed by when they were heard of last, so that is kept beside them, whoever adds calls or takes them away.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE contact
    ADD COLUMN last_call_at timestamptz,
    ADD COLUMN heard_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(last_call_at, created_at)) STORED,
    ADD COLUMN search   text NOT NULL GENERATED ALWAYS AS (lower(coalesce(name, '') || E'\n' || coalesce(company, '')
        || E'\n' || coalesce(email, '') || E'\n' || number)) STORED;
UPDATE contact k SET last_call_at = (SELECT max(c.created_at) FROM call c WHERE c.contact_id = k.id);
CREATE INDEX contact_heard ON contact (organization_id, heard_at DESC, id DESC);
CREATE INDEX contact_search ON contact USING gin (search gin_trgm_ops);
DROP INDEX call_contact;                                    -- with what it takes to count calls without a look at them:
CREATE INDEX call_contact ON call (contact_id, created_at DESC) INCLUDE (organization_id);

-- The contacts are named by an array too, so that a plan made for few of them and one made for many both look at no others.
CREATE FUNCTION contact_heard_of() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE contact k SET last_call_at = n.at
    FROM (SELECT contact_id, max(created_at) AS at FROM made GROUP BY contact_id) n
    WHERE k.id = n.contact_id AND k.id = ANY (ARRAY(SELECT contact_id FROM made))
    AND (k.last_call_at IS NULL OR k.last_call_at < n.at);
    RETURN NULL;
END $$;
CREATE TRIGGER contact_heard_of AFTER INSERT ON call REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION contact_heard_of();

-- Locked before it is looked what is left: two who take away the last calls of a contact see each other's work.
CREATE FUNCTION contact_heard_less() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    theirs uuid[] := ARRAY(SELECT DISTINCT contact_id FROM gone WHERE contact_id IS NOT NULL);
BEGIN
    PERFORM FROM contact WHERE id = ANY (theirs) ORDER BY id FOR NO KEY UPDATE;
    UPDATE contact k SET last_call_at = n.at
    FROM (SELECT id, (SELECT max(c.created_at) FROM call c WHERE c.contact_id = t.id) AS at FROM unnest(theirs) t (id)) n
    WHERE k.id = n.id AND k.id = ANY (theirs) AND k.last_call_at IS DISTINCT FROM n.at;
    RETURN NULL;
END $$;
CREATE TRIGGER contact_heard_less AFTER DELETE ON call REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION contact_heard_less();

-- Contacts with these words in them, lately heard of first. For LIKE, which might tell a row that it looks at, no index
-- is used beneath row-level security: so the search is done here, by the owner, within the caller's organization. Words
-- that many contacts have are soon found among the newest; words that few have, by the index.
CREATE FUNCTION contacts_found(words text, before timestamptz, before_id uuid, most bigint) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    pattern text := '%' || regexp_replace(lower(words), '([\\%_])', '\\\1', 'g') || '%';
    found   uuid[];
BEGIN
    found := ARRAY(SELECT n.id FROM (
        SELECT k.id, k.heard_at, k.search FROM contact k
        WHERE k.organization_id = current_organization() AND (k.heard_at, k.id) < (before, before_id)
        ORDER BY k.heard_at DESC, k.id DESC LIMIT 1000) n
        WHERE n.search LIKE pattern ORDER BY n.heard_at DESC, n.id DESC LIMIT most);
    IF cardinality(found) < most THEN
        found := ARRAY(SELECT n.id FROM (
            SELECT k.id, k.heard_at FROM contact k
            WHERE k.organization_id = current_organization() AND k.search LIKE pattern
            AND (k.heard_at, k.id) < (before, before_id) OFFSET 0) n
            ORDER BY n.heard_at DESC, n.id DESC LIMIT most);
    END IF;
    RETURN found;
END $$;
REVOKE ALL ON FUNCTION contacts_found FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contacts_found TO callmill_api;

-- What the recording looks like: for each channel the same number of peaks, a byte each, one channel after the other.
CREATE TABLE waveform (
    call_id         uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    recording_sid   text NOT NULL,
    duration_ms     bigint NOT NULL,
    roles           text[] NOT NULL,                        -- of each channel: caller, agent, or NULL for both
    peaks           bytea NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (array_length(roles, 1) BETWEEN 1 AND 2 AND length(peaks) % array_length(roles, 1) = 0),
    FOREIGN KEY (call_id, organization_id) REFERENCES call (id, organization_id) ON DELETE CASCADE
);

-- What was made under an Idempotency-Key, for a day.
CREATE TABLE idempotency_key (
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    key             text NOT NULL,
    request_sha256  bytea NOT NULL CHECK (length(request_sha256) = 32),   -- of method, target and body
    resource_id     uuid NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key),
    FOREIGN KEY (user_id, organization_id) REFERENCES app_user (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

-- A number of days that can be taken off any date.
ALTER TABLE organization
    DROP CONSTRAINT organization_retention_days_check,
    ADD CHECK (retention_days BETWEEN 1 AND 36500);

-- Who may do what. The role of who asks is set beside the organization; what only an admin may change is held here too.
CREATE FUNCTION current_is_admin() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT current_setting('callmill.role', true) = 'admin' $$;

-- Asked with a session in hand, before any organization is set.
CREATE FUNCTION role_of(wanted uuid) RETURNS TABLE (role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
    $$ SELECT u.role FROM app_user u WHERE u.id = wanted AND u.disabled_at IS NULL $$;
REVOKE ALL ON FUNCTION role_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION role_of TO callmill_api;

GRANT SELECT, INSERT, UPDATE, DELETE ON waveform, idempotency_key TO callmill_worker;
GRANT SELECT ON waveform TO callmill_api;
GRANT SELECT, INSERT, UPDATE (key), DELETE ON idempotency_key TO callmill_api;
GRANT INSERT, UPDATE (name, prompt, engine, active, position, updated_at, deleted_at) ON analyzer TO callmill_api;
GRANT INSERT, UPDATE (label, record, forward_to, greeting, caller_channel), DELETE ON phone_number TO callmill_api;
GRANT UPDATE (name, report_recipients, retention_days, time_zone) ON organization TO callmill_api;
GRANT INSERT, UPDATE (name, role, disabled_at) ON app_user TO callmill_api;
GRANT INSERT, UPDATE (name, name_source, email, email_source, company, company_source, summary, summary_source, updated_at)
    ON contact TO callmill_api;
GRANT INSERT, UPDATE (title, owner, due_date, done, assignee_id, edited_at, deleted_at) ON todo TO callmill_api;
GRANT INSERT, UPDATE (revoked_at) ON api_token TO callmill_api;
REVOKE UPDATE ON session FROM callmill_api;
GRANT UPDATE (last_seen_at) ON session TO callmill_api;
GRANT DELETE ON call TO callmill_api;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['waveform', 'idempotency_key'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY pipeline ON %I TO callmill_owner, callmill_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY organization ON %I TO callmill_api USING (organization_id = current_organization())
                        WITH CHECK (organization_id = current_organization())', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['analyzer', 'phone_number', 'organization'] LOOP
        EXECUTE format('CREATE POLICY admins_add ON %I AS RESTRICTIVE FOR INSERT TO callmill_api WITH CHECK (current_is_admin())', name);
        EXECUTE format('CREATE POLICY admins_change ON %I AS RESTRICTIVE FOR UPDATE TO callmill_api USING (current_is_admin())', name);
        EXECUTE format('CREATE POLICY admins_remove ON %I AS RESTRICTIVE FOR DELETE TO callmill_api USING (current_is_admin())', name);
    END LOOP;
END $$;

-- A member may be given another name or password, not another role: the row is to stay as role_of, which is no part of
-- the policy's own table, still finds it.
CREATE POLICY admins_add ON app_user AS RESTRICTIVE FOR INSERT TO callmill_api WITH CHECK (current_is_admin());
CREATE POLICY admins_change ON app_user AS RESTRICTIVE FOR UPDATE TO callmill_api USING (true)
    WITH CHECK (current_is_admin() OR (disabled_at IS NULL AND role = (SELECT r.role FROM role_of(id) r)));

-- A token is found before any organization is set; once one is, the others' are out of sight.
CREATE POLICY organization ON api_token AS RESTRICTIVE TO callmill_api
    USING (organization_id = current_organization() OR current_organization() IS NULL)
    WITH CHECK (organization_id = current_organization() OR current_organization() IS NULL);

-- Who changes their own password stays logged in: the transaction names the session that did it.
CREATE OR REPLACE FUNCTION app_user_sessions_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM session WHERE user_id = NEW.id AND (NEW.disabled_at IS NOT NULL
        OR encode(token_hash, 'hex') IS DISTINCT FROM current_setting('callmill.kept_session', true));
    IF NEW.disabled_at IS NOT NULL THEN
        UPDATE api_token SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
    END IF;
    RETURN NULL;
END $$;
