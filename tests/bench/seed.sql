-- seed.sql - 100,000 calls of the last 30 days, with their steps, transcripts, runs and to-dos.
-- Variables: organization, number_id, number, calls.

INSERT INTO contact (id, organization_id, number, name)
SELECT gen_random_uuid(), :'organization', '+1555' || lpad(n::text, 7, '0'), 'Contact ' || n FROM generate_series(1, 2000) n;

INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number, to_number, direction, status,
                  has_recording, recording_url, started_at, ended_at, duration_ms, created_at, updated_at, summary, sentiment)
SELECT gen_random_uuid(), 'CA' || md5('bench' || n), :'organization', :'number_id', c.id, c.number, :'number', 'inbound',
       'completed', true, '/api/recording', t.at, t.at + interval '3 minutes', 180000, t.at, t.at,
       'Asks where the order is.', (ARRAY['positive', 'neutral', 'mixed', 'negative'])[1 + n % 4]
FROM generate_series(1, :calls) n
JOIN (SELECT id, number, row_number() OVER () AS k FROM contact WHERE organization_id = :'organization') c
    ON c.k = n % 2000 + 1
CROSS JOIN LATERAL (SELECT now() - interval '30 days' + n * (interval '30 days' / :calls) AS at) t;

INSERT INTO call_step (call_id, organization_id, step, state, attempts)
SELECT id, organization_id, step, 'done', 1 FROM call
CROSS JOIN unnest(ARRAY['record', 'transcribe', 'enrich', 'analyze', 'extract-todos', 'report']) step;

-- Named after its call, as flood's events name it.
INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
SELECT id, id, organization_id, 'RE' || md5(call_sid),
       repeat(E'Caller: I would like to know where my order is.\nAgent: I will look into it and call you back tomorrow.\n', 6),
       'en', 'bench', 'none', 180000
FROM call;

INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role, start_ms, end_ms, text)
SELECT gen_random_uuid(), t.id, t.call_id, t.organization_id, p, p % 2, CASE p % 2 WHEN 0 THEN 'caller' ELSE 'agent' END,
       p * 5000, p * 5000 + 4500, 'I will look into it and call you back tomorrow.'
FROM transcription t CROSS JOIN generate_series(0, 11) p;

INSERT INTO analysis_run (id, call_id, organization_id, analyzer_id, analysis_text, trigger, event_id, engine, model,
                          prompt_sha256, duration_ms)
SELECT gen_random_uuid(), c.id, c.organization_id, a.id, 'No compliance issues found.', 'transcribed',
       gen_random_uuid(), 'rules', '1', repeat('0', 64), 3
FROM call c JOIN analyzer a USING (organization_id);

INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, done, evidence, fingerprint)
SELECT gen_random_uuid(), id, organization_id, 'Call back tomorrow', 'agent', created_at::date + 1, created_at < now() - interval '3 days',
       'I will look into it and call you back tomorrow.', 'bench'
FROM call;

-- Every thousandth call's report failed, and in twenty of the calls something was said that is rare.
UPDATE call_step SET state = 'failed', reason = 'the mail server does not answer' WHERE step = 'report' AND call_id IN (
    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM call) c WHERE n % 1000 = 0);
UPDATE transcription SET text = text || E'Caller: It is about the turbine.\n' WHERE call_id IN (
    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM call) c WHERE n % (:calls / 20) = 0);
