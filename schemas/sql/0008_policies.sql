-- 0008_policies.sql - whose rows are seen, found out once a statement where that helps.
--
-- Beneath a subselect PostgreSQL reads the setting before it reads rows, and not with each of them. But then it plans
-- without knowing whose rows they will be, as if all organizations were equally large: for the largest of many it would
-- sort all calls where a few are asked for. So this is for tables that are read by their call only, where the
-- organization decides about no index. The others (call, call_step, contact, todo, ...) have it as the first column of
-- the indexes that their lists are read from, where it is evaluated once a scan anyway; or have a few rows a call.

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['call_status', 'call_stream', 'recording', 'transcription', 'segment', 'report', 'waveform'] LOOP
        EXECUTE format('ALTER POLICY organization ON %I USING (organization_id = (SELECT current_organization()))
                        WITH CHECK (organization_id = (SELECT current_organization()))', name);
    END LOOP;
END $$;
