"""What Schemathesis asks about: for each role an organization of its own, full of data, so that none takes away what
another looks for."""
import json
import pathlib
import secrets
import uuid

from world import PASSWORD

HERE = pathlib.Path(__file__).resolve().parent
TABLES = ("call", "analyzer", "contact", "todo", "phone_number", "app_user", "api_token")
CALLS = 60     # so many that deleting them leaves some
SESSIONS = 200  # the same for logging out

# Everything that a call can have, for each of its calls; and what an organization has beside.
FILL = """
    INSERT INTO contact (id, organization_id, number, name, name_source, email, email_source)
    SELECT gen_random_uuid(), '{org}', '+1555' || lpad(n::text, 7, '0'), 'Grace ' || n, 'person', 'grace@example.com', NULL
    FROM generate_series(1, {calls}) n;

    INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number, to_number, direction, status,
                      has_recording, started_at, ended_at, duration_ms, created_at, summary, sentiment)
    SELECT gen_random_uuid(), 'CA' || md5(id::text), '{org}', '{number_id}', id, number, '{number}', 'inbound', 'completed',
           true, now(), now() + interval '72 s', 72000, now() - random() * interval '9 days', 'Grace asks for it.', 'mixed'
    FROM contact WHERE organization_id = '{org}';

    INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
    SELECT gen_random_uuid(), id, '{org}', 'RE' || md5(id::text), E'Caller: The invoice?\\nAgent: By Friday.', 'en', 'test',
           'none', 72000 FROM call WHERE organization_id = '{org}';

    INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role, start_ms, end_ms, text)
    SELECT gen_random_uuid(), id, call_id, '{org}', n, n, (ARRAY['caller', 'agent'])[n + 1], n * 2000, n * 2000 + 900, 'Hm.'
    FROM transcription, generate_series(0, 1) n WHERE organization_id = '{org}';

    INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, segment_id, evidence, fingerprint, assignee_id)
    SELECT gen_random_uuid(), call_id, '{org}', 'Finish it', role, (ARRAY[NULL, date '2026-11-27'])[position + 1], id, text,
           id::text, CASE position WHEN 0 THEN '{user}'::uuid END FROM segment WHERE organization_id = '{org}';

    INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason)
    SELECT id, '{org}', step, CASE step WHEN 'report' THEN 'failed' ELSE 'done' END, 1, 'The mail server is away.'
    FROM call, unnest(ARRAY['report', 'analyze', 'record', 'enrich', 'transcribe', 'extract-todos']) step
    WHERE organization_id = '{org}';

    INSERT INTO dead_letter (id, service, topic, message_key, payload, organization_id, call_id, step, class, reason,
                             attempts)
    SELECT gen_random_uuid(), 'reporter', 'call.analyzed', id::text::bytea, '', '{org}', id, 'report', 'retry',
           'The mail server is away.', 1 FROM call WHERE organization_id = '{org}';

    INSERT INTO report (id, call_id, organization_id, state, message_id, recipients, subject, body_text, body_html, sent_at)
    SELECT gen_random_uuid(), id, '{org}', 'sent', '<' || id || '@callmill>', ARRAY['a@example.com'], 'Call from Grace',
           'Grace called.', '<p>Grace called.</p>', now() FROM call WHERE organization_id = '{org}';

    INSERT INTO analysis_run (id, call_id, organization_id, analyzer_id, analysis_text, trigger, event_id, engine, model,
                              prompt_sha256, duration_ms)
    SELECT gen_random_uuid(), c.id, '{org}', a.id, 'A refund.', 'transcribed', gen_random_uuid(), 'rules', '1',
           repeat('0', 64), 1 FROM call c, analyzer a WHERE c.organization_id = '{org}' AND a.organization_id = '{org}';

    INSERT INTO live_session (id, call_id, organization_id, stream_sid, kind, started_at, ended_at, reason)
    SELECT id, id, '{org}', 'MZ' || md5(id::text), 'assistant', now(), now(), 'stopped' FROM call
    WHERE organization_id = '{org}';

    INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms, end_ms, text)
    SELECT gen_random_uuid(), id, call_id, '{org}', n, 'caller', n * 2000, n * 2000 + 900, 'Hm.'
    FROM live_session, generate_series(0, 1) n WHERE organization_id = '{org}';

    INSERT INTO waveform (call_id, organization_id, recording_sid, duration_ms, roles, peaks)
    SELECT id, '{org}', 'RE' || md5(id::text), 72000, ARRAY['caller', 'agent'], '\\x00ff00ff' FROM call
    WHERE organization_id = '{org}';

    INSERT INTO phone_number (id, organization_id, number)
    SELECT gen_random_uuid(), '{org}', '{number}' || n FROM generate_series(1, 3) n;

    INSERT INTO app_user (id, organization_id, email, name, role, password_hash)
    SELECT gen_random_uuid(), '{org}', n || '{email}', 'User ' || n, 'member', password_hash
    FROM app_user, generate_series(1, 5) n WHERE id = '{user}';

    INSERT INTO api_token (id, token_hash, user_id, organization_id, name)
    SELECT gen_random_uuid(), sha256(id::text::bytea), id, '{org}', 'ci' FROM app_user WHERE organization_id = '{org}'
"""


def fill(organization):
    organization.stack.execute(FILL.format(org=organization.id, number=organization.number, number_id=organization.number_id,
                                           user=organization.user, email=organization.email, calls=CALLS))
    for call in ids(organization, "call"):
        organization.recording(call, b"ID3" + bytes(4000))


def ids(organization, table):
    rows = organization.stack.sql(f"SELECT id FROM {table} WHERE organization_id = '{organization.id}' ORDER BY id")
    return [row["id"] for row in rows]


def api_token(organization):
    token, row = secrets.token_urlsafe(32), str(uuid.uuid4())
    organization.stack.execute(f"""INSERT INTO api_token (id, token_hash, user_id, organization_id, name)
        VALUES ('{row}', sha256('{token}'), '{organization.user}', '{organization.id}', 'the run')""")
    return "callmill_" + token, row


def spare_sessions(organization):
    tokens = [secrets.token_urlsafe(32) for _ in range(SESSIONS)]
    organization.stack.execute(f"""INSERT INTO session (token_hash, user_id, organization_id, expires_at)
        SELECT sha256(token::bytea), '{organization.user}', '{organization.id}', now() + interval '1 day'
        FROM unnest(ARRAY{tokens}) token""")
    return tokens


class Role:
    """Who asks, by which scheme of the contract (None: nobody), in which organization; some ids that are tried are a
    stranger's."""

    def __init__(self, name, organization, stranger, scheme=None, credential=None, api_token=None):
        self.name, self.organization, self.scheme, self.credential = name, organization, scheme, credential
        self.keep = [organization.user] + ([api_token] if api_token else [])
        self.has_session = scheme is not None and api_token is None
        self.pools = {table: [*ids(organization, table), ids(stranger, table)[0]] for table in TABLES}
        self.dir = organization.stack.dir / f"schemathesis-{name}"
        self.dir.mkdir()

    def write_config(self, examples):
        """schemathesis.toml with what only this run knows: real ids, the credential, and how many cases by phase."""
        pools = {**self.pools, "email": [self.organization.email], "password": [PASSWORD],
                 "number": [self.organization.number]}
        text = (HERE / "schemathesis.toml").read_text()
        text += "".join(f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in pools.items())
        text += "".join(f"\n[phases.{phase}.generation]\nmax-examples = {count}\n" for phase, count in examples.items())
        if self.scheme:
            key = {"bearer": "bearer", "cookie": "api_key"}[self.scheme]
            text += f'\n[auth.openapi.{self.scheme}]\n{key} = "{self.credential}"\n'
            # Logging in asks for no credential, so it is nobody's to try: each attempt costs a password's hash.
            text += '\n[[operations]]\ninclude-operation-id = "logIn"\nenabled = false\n'
        else:
            # Nobody is refused before a word is read: what could be said is only said to what needs no credential.
            text += ('\n[[operations]]\nexclude-operation-id = ["logIn", "showOpenapi"]\n'
                     'phases.coverage.enabled = false\n')
        (self.dir / "schemathesis.toml").write_text(text)

    def write_run(self):
        """What schemathesis_hooks.py reads."""
        spare_user = next(user for user in self.pools["app_user"] if user not in self.keep)
        (self.dir / "run.json").write_text(json.dumps({
            "keep": self.keep, "spare_user": spare_user, "credential": self.credential, "number": self.organization.number,
            "spare_sessions": spare_sessions(self.organization) if self.has_session else []}))
