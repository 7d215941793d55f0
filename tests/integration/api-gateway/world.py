"""Two organizations with users and calls, and a gateway in front of them; what all suites of the API share."""
import copy
import functools
import http.client
import json
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from stack import Stack, http as ask, until  # noqa: E402,F401

PASSWORD = "correct horse battery staple"


def quoted(value):
    """A value as SQL: tests insert rows of their own making only."""
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


class Organization:
    def __init__(self, world, name, number):
        self.world, self.stack, self.number = world, world.stack, number
        self.email = f"{name.lower()}@example.com"
        self.id = self.stack.callmill("org", "add", "--name", name, "--json")["id"]
        self.user = self.stack.callmill("user", "add", "--org", self.id, "--email", self.email, "--name", name,
                                        "--role", "admin", "--password-file", "-", "--json", stdin=PASSWORD)["id"]
        self.number_id = self.stack.callmill("number", "add", "--org", self.id, "--number", number, "--json")["id"]
        self.analyzers = {row["name"]: row["id"] for row in self.stack.sql(
            f"SELECT id, name FROM analyzer WHERE organization_id = '{self.id}' ORDER BY position")}

    def log_in(self):
        self.token = self.world.post("/api/session", {"email": self.email, "password": PASSWORD}).json["token"]
        return self

    def get(self, path, **headers):
        return self.world.get(path, Authorization=f"Bearer {self.token}", **headers)

    def post(self, path, body=None, **headers):
        return self.world.post(path, body, Authorization=f"Bearer {self.token}", **headers)

    def patch(self, path, body, **headers):
        return self.world.patch(path, body, Authorization=f"Bearer {self.token}", **headers)

    def delete(self, path, **headers):
        return self.world.delete(path, Authorization=f"Bearer {self.token}", **headers)

    def member(self, email):
        """Another user of the organization, who is no admin, logged in."""
        member = copy.copy(self)
        member.email = email
        member.user = self.stack.callmill("user", "add", "--org", self.id, "--email", email, "--name", email.split("@")[0],
                                          "--role", "member", "--password-file", "-", "--json", stdin=PASSWORD)["id"]
        return member.log_in()

    def contact(self, number, name=None):
        contact = str(uuid.uuid4())
        self.stack.execute(f"""INSERT INTO contact (id, organization_id, number, name)
                               VALUES ('{contact}', '{self.id}', {quoted(number)}, {quoted(name)})""")
        return contact

    def call(self, at="2026-11-23T10:00:00Z", **fields):
        """One call; every field may be given. Gives its id."""
        row = {"id": str(uuid.uuid4()), "call_sid": "CA" + uuid.uuid4().hex, "organization_id": self.id,
               "phone_number_id": self.number_id, "from_number": "+15550001111", "to_number": self.number,
               "direction": "inbound", "status": "completed", "created_at": at, **fields}
        self.stack.execute(f"INSERT INTO call ({', '.join(row)}) VALUES ({', '.join(map(quoted, row.values()))})")
        return row["id"]

    def full_call(self, **fields):
        """A call that went all the way."""
        contact = self.contact(f"+1555{uuid.uuid4().int % 10**7:07}", "Grace Hopper")
        call = self.call(contact_id=contact, has_recording="true", started_at="2026-11-23T10:00:00Z",
                         ended_at="2026-11-23T10:01:12Z", duration_ms=72000, **fields)
        transcription, segments = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(2)]
        scope = f"'{call}', '{self.id}'"
        self.stack.execute(f"""
            INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
            VALUES ('{transcription}', {scope}, 'RE{uuid.uuid4().hex}',
                    E'Caller: Is it "ready"? \\u00e9\\nAgent: By Friday.', 'en', 'test', 'none', 72000);
            INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role, start_ms, end_ms, text)
            VALUES ('{segments[1]}', '{transcription}', {scope}, 1, 1, 'agent', 2000, 3000, 'By Friday.'),
                   ('{segments[0]}', '{transcription}', {scope}, 0, 0, 'caller', 0, 1500, 'Is it "ready"?');
            INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, segment_id, evidence, fingerprint)
            VALUES ('{uuid.uuid4()}', {scope}, 'Finish it', 'agent', '2026-11-27', '{segments[1]}', 'By Friday.', 'x');
            INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason)
            SELECT {scope}, step, 'done', 1, NULL
            FROM unnest(ARRAY['report', 'analyze', 'record', 'enrich', 'transcribe', 'extract-todos']) step;
            INSERT INTO report (id, call_id, organization_id, state, message_id, recipients, subject, sent_at)
            VALUES ('{uuid.uuid4()}', {scope}, 'sent', '<{call}@callmill>', ARRAY['a@example.com', 'b@example.com'],
                    'Call from Grace', '2026-11-23T10:02:00Z')""")
        for name in ("Summary", "Sentiment Analyzer", "Compliance"):
            self.run_of(call, name, f"{name}: first")
        self.run_of(call, "Compliance", "No compliance issues found.", trigger="rerun")
        return call

    def run_of(self, call, analyzer, text, trigger="transcribed"):
        self.stack.execute(f"""
            INSERT INTO analysis_run (id, call_id, organization_id, analyzer_id, analysis_text, trigger, event_id, engine,
                                      model, prompt_sha256, duration_ms)
            VALUES ('{uuid.uuid4()}', '{call}', '{self.id}', '{self.analyzers[analyzer]}', {quoted(text)}, '{trigger}',
                    '{uuid.uuid4()}', 'test', 'none', repeat('0', 64), 1)""")

    @functools.cached_property
    def holder(self):
        """Who holds the streams."""
        holder = str(uuid.uuid4())
        self.stack.execute(f"INSERT INTO live_holder (id, seen_at) VALUES ('{holder}', now())")
        return holder

    def live_session(self, call, started_at, **fields):
        """A media stream of the call, open unless it is given when and why it ended. Gives its id."""
        row = {"id": str(uuid.uuid4()), "call_id": call, "organization_id": self.id, "stream_sid": "MZ" + uuid.uuid4().hex,
               "kind": "assistant", "holder_id": None if "ended_at" in fields else self.holder, "started_at": started_at, **fields}
        self.stack.execute(f"INSERT INTO live_session ({', '.join(row)}) VALUES ({', '.join(map(quoted, row.values()))})")
        return row["id"]

    def end_session(self, session, ended_at, reason):
        self.stack.execute(f"""UPDATE live_session SET ended_at = {quoted(ended_at)}, reason = {quoted(reason)}, holder_id = NULL
                               WHERE id = '{session}'""")

    def live_turns(self, session, call, *turns, first=0, interrupted=False):
        """What was said in a session, as (role, start_ms, end_ms, text), from the position `first` on. Gives their ids."""
        ids = [str(uuid.uuid4()) for _ in turns]
        rows = ", ".join(f"('{id}', '{session}', '{call}', '{self.id}', {first + i}, {', '.join(map(quoted, turn))}, {interrupted})"
                         for i, (id, turn) in enumerate(zip(ids, turns)))
        self.stack.execute("INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms, end_ms, text,"
                           f" interrupted) VALUES {rows}")
        return ids

    def recording(self, call, content):
        (sid,) = self.stack.sql(f"SELECT call_sid FROM call WHERE id = '{call}'")
        path = pathlib.Path(self.stack.env["RECORDINGS_DIR"]) / f"{sid['call_sid']}.mp3"
        path.write_bytes(content)
        return path


class World:
    """Use as a context. Settings of the gateway may be given."""

    def __init__(self, name, **settings):
        self.stack = Stack(name, **settings)

    def __enter__(self):
        self.stack.__enter__()
        self.ada = Organization(self, "Ada", "+15559876501")
        self.eve = Organization(self, "Eve", "+15559876502")
        self.stack.start("api-gateway")
        self.stack.wait_ready("api-gateway")
        self.ada.log_in()
        self.eve.log_in()
        return self

    def __exit__(self, kind, *rest):
        code = self.stack.stop("api-gateway") if kind is None else None
        self.stack.__exit__(kind, *rest)
        assert code in (None, 0), f"api-gateway ended with {code}:\n{self.stack.log_tail('api-gateway')}"

    def get(self, path, **headers):
        return ask("GET", self.stack.api + path, headers=named(headers))

    def post(self, path, body=None, **headers):
        return ask("POST", self.stack.api + path, body, named(headers))

    def patch(self, path, body, **headers):
        return ask("PATCH", self.stack.api + path, body, named(headers))

    def delete(self, path, **headers):
        return ask("DELETE", self.stack.api + path, headers=named(headers))

    def connect(self):
        url = urllib.parse.urlsplit(self.stack.api)
        return http.client.HTTPConnection(url.hostname, url.port, timeout=30)


def as_api_role(world, script):
    """What callmill_api sees; every statement's rows as text."""
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", world.stack.api_role_url], input=script, capture_output=True,
                          text=True, timeout=60)


def named(headers):
    """Sec_Fetch_Site=... -> Sec-Fetch-Site: ..."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def pages(organization, path):
    """Every page of a list, by its links."""
    rows, url = [], path
    while url:
        answer = organization.get(url)
        assert answer.status == 200, answer.text
        rows.append(answer.json)
        link = answer.headers["Link"]
        url = link.split(">")[0].lstrip("<") if link else None
    return rows


def median(values):
    return statistics.median(values)


def seconds(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


def assert_as_quick(much, little, paths):
    """An organization with much in it waits about as long as one with little, asked in turn, so that a busy machine is
    busy for both; of each the quickest counts, since all else that it does only ever adds. The bound is far from what is
    measured on a quiet one: a plan that reads everything is beyond it."""
    for path in paths:
        assert {o.get(path).status for o in (much, little)} == {200}, path
        pairs = [[seconds(lambda o=o: o.get(path)) for o in (much, little)] for _ in range(15)]
        slow, quick = map(min, zip(*pairs))
        print(f"   {path}: {slow * 1000:.1f} ms and {quick * 1000:.1f} ms", flush=True)
        assert slow < 6 * quick + 0.01, f"{path}: {slow * 1000:.1f} ms where others wait {quick * 1000:.1f} ms"


def assert_problem(answer, status):
    assert answer.status == status, f"{answer.status} instead of {status}: {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers["Content-Type"]
    assert answer.json["status"] == status and answer.json["title"] and answer.json["type"] == "about:blank"


def tell(stories, world):
    """Runs every story, or those named on the command line."""
    for story in stories:
        if not sys.argv[1:] or story.__name__ in sys.argv[1:]:
            story(world)
            print(f"ok {story.__name__}", flush=True)


class Contract:
    """Holds answers to schemas/openapi.yaml, as the gateway serves it. Knows the part of JSON Schema used there."""

    def __init__(self, world):
        self.root = world.get("/api/openapi.json").json

    def resolve(self, schema):
        while "$ref" in schema:
            at = self.root
            for part in schema["$ref"][2:].split("/"):
                at = at[part]
            schema = at
        return schema

    def check(self, method, path, answer):
        operation = self.root["paths"][path][method.lower()]
        assert str(answer.status) in operation["responses"], f"{method} {path}: {answer.status} is not described"
        response = self.resolve(operation["responses"][str(answer.status)])
        for name, header in response.get("headers", {}).items():
            assert name in answer.headers or name in ("Link", "Set-Cookie", "Retry-After"), f"{path}: no {name}: {header}"
        if not answer.body:
            return
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in response["content"], f"{method} {path}: {kind} is not described"
        if kind.endswith("json"):
            self.match(answer.json, response["content"][kind]["schema"], path)

    def match(self, value, schema, where):
        schema = self.resolve(schema)
        for part in schema.get("allOf", []):
            self.match(value, part, where)
        if "oneOf" in schema:
            assert sum(self.fits(value, one) for one in schema["oneOf"]) == 1, f"{where}: {value!r} fits not exactly one"
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value!r} is none of {schema['enum']}"
        if "type" in schema:
            kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            assert any(is_a(value, kind) for kind in kinds), f"{where}: {value!r} is no {kinds}"
        if isinstance(value, dict):
            for name in schema.get("required", []):
                assert name in value, f"{where}: {name} is missing"
            for name, one in schema.get("properties", {}).items():
                if name in value:
                    self.match(value[name], one, f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for i, one in enumerate(value):
                self.match(one, schema["items"], f"{where}[{i}]")

    def fits(self, value, schema):
        try:
            self.match(value, schema, "")
            return True
        except AssertionError:
            return False


def is_a(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}[kind] is type(value)


def digest(stack):
    """Every row that somebody could have touched, as text; that somebody was seen is no change."""
    tables = ("organization", "app_user", "session", "api_token", "idempotency_key", "phone_number", "contact", "call",
              "deleted_call", "call_step", "recording", "transcription", "segment", "waveform", "analyzer", "analysis_run", "todo",
              "report", "live_session", "live_turn", "outbox")
    row = "(to_jsonb(x) - '{last_seen_at,last_used_at}'::text[])::text"
    return json.dumps({t: stack.one(f"SELECT md5(coalesce(string_agg({row}, ',' ORDER BY {row}), '')) FROM {t} x")
                       for t in tables})
