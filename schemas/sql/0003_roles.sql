-- 0003_roles.sql - who may do what. callmill_worker is the pipeline's; callmill_api the gateway's, which owns nothing
-- and sees, on every table with organization_id, the rows of the organization that its transaction has set.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO callmill_worker, callmill_api;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO callmill_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO callmill_worker, callmill_api;
REVOKE UPDATE ON analysis_run FROM callmill_worker;

GRANT SELECT ON organization, app_user, phone_number, contact, call, call_status, call_stream, call_step, recording, transcription,
    segment, analyzer, analysis_run, todo, report, dead_letter TO callmill_api;
GRANT UPDATE (password_hash) ON app_user TO callmill_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO callmill_api;
GRANT SELECT, UPDATE (last_used_at) ON api_token TO callmill_api;
GRANT SELECT, INSERT, DELETE ON outbox TO callmill_api;

CREATE FUNCTION current_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('callmill.organization', true), '')::uuid $$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['app_user', 'phone_number', 'contact', 'call', 'call_status', 'call_stream', 'call_step', 'recording',
        'transcription', 'segment', 'analyzer', 'analysis_run', 'todo', 'report', 'dead_letter'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY pipeline ON %I TO callmill_owner, callmill_worker USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY organization ON %I TO callmill_api USING (organization_id = current_organization())
                        WITH CHECK (organization_id = current_organization())', name);
    END LOOP;
END $$;

ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON organization TO callmill_owner, callmill_worker USING (true) WITH CHECK (true);
CREATE POLICY organization ON organization TO callmill_api USING (id = current_organization());

-- A session or token is found by the hash of a 256-bit secret before any organization is set: knowing the hash is
-- the right to see the row.
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON session TO callmill_owner, callmill_worker USING (true) WITH CHECK (true);
CREATE POLICY gateway ON session TO callmill_api USING (true) WITH CHECK (true);
ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_token FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON api_token TO callmill_owner, callmill_worker USING (true) WITH CHECK (true);
CREATE POLICY gateway ON api_token TO callmill_api USING (true) WITH CHECK (true);

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON outbox TO callmill_owner, callmill_worker USING (true) WITH CHECK (true);
CREATE POLICY gateway ON outbox TO callmill_api USING (producer = 'api-gateway') WITH CHECK (producer = 'api-gateway');

-- Logging in: the one look-up of a user that knows no organization yet.
CREATE FUNCTION login_candidate(wanted_email text)
RETURNS TABLE (user_id uuid, organization_id uuid, email text, name text, role text, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.organization_id, u.email, u.name, u.role, u.password_hash
    FROM app_user u WHERE lower(u.email) = lower(wanted_email) AND u.disabled_at IS NULL
$$;
REVOKE ALL ON FUNCTION login_candidate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION login_candidate TO callmill_api;
