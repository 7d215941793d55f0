"""No organization sees or changes another one's: by the API, by the database's rules alone, and on used connections."""
import re
import uuid

from world import PASSWORD, World, as_api_role, ask, assert_problem, digest, tell, until

WITHOUT_SCOPE = {"schema_version", "inbox", "outbox", "pending_callback", "deleted_call"}


# What each operation that may change something is asked with; `it` is the id of a call where the body names one. The
# matrices below fail for an operation that has no row here.
BODIES = {
    "POST /api/session": {"email": "ada@example.com", "password": PASSWORD},
    "DELETE /api/session": None,
    "DELETE /api/calls/{id}": None,
    "POST /api/calls/{id}/rerun": None,
    "POST /api/calls/{id}/steps/{step}/retry": None,
    "POST /api/calls/import": b"ID3",
    "POST /api/analyzers": {"name": "Matrix", "prompt": "x"},
    "POST /api/analyzers/try": lambda it: {"call_id": it, "name": "Matrix", "prompt": "x"},
    "PATCH /api/analyzers/{id}": {"active": False},
    "DELETE /api/analyzers/{id}": None,
    "PATCH /api/contacts/{id}": {"company": "Matrix"},
    "POST /api/todos": lambda it: {"call_id": it, "title": "Matrix"},
    "PATCH /api/todos/{id}": {"done": True},
    "DELETE /api/todos/{id}": None,
    "POST /api/phone-numbers": {"number": "+15550109999"},
    "PATCH /api/phone-numbers/{id}": {"label": "Matrix"},
    "DELETE /api/phone-numbers/{id}": None,
    "POST /api/users": {"email": "matrix@example.com", "name": "Matrix", "password": PASSWORD},
    "PATCH /api/users/{id}": {"name": "Matrix"},
    "POST /api/tokens": {"name": "Matrix"},
    "DELETE /api/tokens/{id}": None,
    "PATCH /api/settings": {"name": "Matrix"},
}
QUERIES = {"POST /api/calls/import": "?from=%2B15550001111&to=%2B15559876501&started_at=2026-11-01T00:00:00Z"}


class Operation:
    """One of openapi.yaml's, and whom its description leaves out."""

    def __init__(self, path, method, described):
        self.path, self.method, self.name = path, method.upper(), f"{method.upper()} {path}"
        self.is_unsafe, self.has_id = method != "get", "{id}" in path
        words = described.get("description", "")
        self.for_admins = re.search(r"\bfor admins\b", words, re.I) is not None
        self.in_person = re.search(r"\bnot with an API token\b", words, re.I) is not None
        assert not self.is_unsafe or self.name in BODIES, f"{self.name} has no row in BODIES"
        self.body = BODIES.get(self.name)
        self.names_a_call = callable(self.body)

    def ask(self, world, things, headers, it=None):
        """As `headers` say, about `things`, or about `it` in their place."""
        kind = self.path.split("/")[2]
        path = self.path.format(id=it or things.get(kind), step="transcribe") + QUERIES.get(self.name, "")
        body = self.body(it or things["calls"]) if self.names_a_call else self.body
        if isinstance(body, bytes):
            headers = {"Content-Type": "audio/mpeg", **headers}
        return ask(self.method, world.stack.api + path, body, headers)


def operations(world):
    described = [Operation(path, method, one) for path, item in world.get("/api/openapi.json").json["paths"].items()
                 for method, one in item.items() if method in ("get", "post", "put", "patch", "delete")]
    assert len(described) > 40
    return described


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def things_of(organization):
    """One of each kind that a path may name, each with all that may be asked about it."""
    call = organization.full_call()
    organization.recording(call, b"ID3")
    organization.live_turns(organization.live_session(call, "2026-11-23T10:00:00Z"), call, ("caller", 0, 900, "Hello?"))
    organization.stack.execute(f"""
        INSERT INTO waveform (call_id, organization_id, recording_sid, duration_ms, roles, peaks)
        VALUES ('{call}', '{organization.id}', 'RE{uuid.uuid4().hex}', 1, ARRAY['caller'], '\\x00');
        UPDATE report SET body_text = 'x', body_html = '<p>x' WHERE call_id = '{call}'""")
    return {"calls": call, "analyzers": organization.analyzers["Summary"], "phone-numbers": organization.number_id,
            "contacts": organization.stack.one(f"SELECT contact_id FROM call WHERE id = '{call}'"),
            "todos": organization.stack.one(f"SELECT id FROM todo WHERE call_id = '{call}'"),
            "users": organization.member(f"{uuid.uuid4().hex}@example.com").user,
            "tokens": organization.post("/api/tokens", {"name": "mine"}).json["id"]}


def callers(organization):
    """Everybody who might ask: an admin, by a cookie too, a member, an API token, nobody."""
    member = organization.member(f"{uuid.uuid4().hex}@example.com")
    return {"admin": bearer(organization.token), "member": bearer(member.token),
            "token": bearer(organization.post("/api/tokens", {"name": "ci"}).json["token"]),
            "cookie": {"Cookie": f"callmill_session={organization.token}"}, "nobody": {}}


def refusal(operation, who):
    if who == "nobody":
        return 401
    left_out = operation.for_admins and who == "member" or operation.in_person and who == "token"
    return 403 if left_out else 404


def quiet(world):
    """Waits for what goes on by itself, and tells what there is."""
    until("the outbox empty", 20, lambda: world.stack.one("SELECT count(*) FROM outbox") == 0)
    return digest(world.stack)


def a_foreign_id_answers_exactly_as_one_that_does_not_exist(world):
    things, everybody = things_of(world.ada), callers(world.eve)
    matrix = [o for o in operations(world) if o.has_id or o.names_a_call]
    before = quiet(world)

    for operation in matrix:
        if not operation.is_unsafe:
            own = operation.ask(world, things, bearer(world.ada.token))
            assert own.status == 200, f"{operation.name}: not even its owner finds it: {own.text}"
        for who, headers in everybody.items():
            foreign = operation.ask(world, things, headers)
            absent = operation.ask(world, things, headers, it=str(uuid.uuid4()))
            assert foreign.status == refusal(operation, who), f"{who}: {operation.name}: {foreign.status} {foreign.text}"
            assert (foreign.status, foreign.body) == (absent.status, absent.body), f"{who}: {operation.name}"
            assert set(foreign.headers.keys()) == set(absent.headers.keys()), f"{who}: {operation.name}"
            assert_problem(foreign, foreign.status)
    assert {o.path.split("/")[2] for o in matrix if o.has_id} == set(things), "a kind of thing lost its rows"
    assert quiet(world) == before


def what_is_for_admins_is_refused_to_members(world):
    things, member = things_of(world.ada), world.ada.member("member@example.com")
    matrix = [o for o in operations(world) if o.for_admins]
    before = quiet(world)

    assert len(matrix) >= 10, "the matrix lost its rows"
    for operation in matrix:
        answer = operation.ask(world, things, bearer(member.token))
        assert answer.status == 403, f"{operation.name}: {answer.status} {answer.text}"
        assert_problem(answer, 403)
    assert quiet(world) == before
    for operation in sorted(matrix, key=lambda o: o.method, reverse=True):  # DELETE last: nothing else stood in the way
        answer = operation.ask(world, things, bearer(world.ada.token))
        assert answer.status in (200, 201, 202, 204, 409), f"{operation.name}: {answer.status} {answer.text}"


def a_foreign_page_changes_nothing_by_any_operation(world):
    things, cookie = things_of(world.ada), {"Cookie": f"callmill_session={world.ada.token}"}
    pages = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
             {"Sec-Fetch-Site": "same-site", "Origin": world.stack.api})
    matrix = [o for o in operations(world) if o.is_unsafe]
    before = quiet(world)

    assert {o.name for o in matrix} == set(BODIES), "BODIES has a row of no operation"
    for operation in matrix:
        for page in pages:
            answer = operation.ask(world, things, {**cookie, **page})
            assert answer.status == 403, f"{operation.name} from {page}: {answer.status} {answer.text}"
        operation.body, operation.names_a_call = b"name=Matrix", False
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
            answer = operation.ask(world, things, {**cookie, "Content-Type": kind})
            assert answer.status == 415, f"{operation.name} as {kind}: {answer.status} {answer.text}"
    assert quiet(world) == before
    assert world.get("/api/session", **cookie).status == 200


def the_list_shows_the_own_calls_only(world):
    mine = world.eve.call()

    for query in ("", "?limit=100", "?number=555", "?status=completed"):
        assert [c["id"] for c in world.eve.get("/api/calls" + query).json] == [mine], query
    contact = world.stack.one(f"SELECT contact_id FROM call WHERE organization_id = '{world.ada.id}' AND contact_id IS NOT NULL LIMIT 1")
    assert world.eve.get(f"/api/calls?contact={contact}").json == []
    world.ada.call(at="2026-12-01T00:00:00Z")
    link = world.ada.get("/api/calls?limit=1").headers["Link"]
    assert [c["id"] for c in world.eve.get(link.split(">")[0].lstrip("<")).json] == [mine]


def every_table_of_an_organization_is_guarded(world):
    tables = world.stack.sql("""SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS guarded,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id') AS scoped,
        has_table_privilege('callmill_api', c.oid, 'SELECT, INSERT, UPDATE, DELETE') AS reachable
        FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace""")

    assert len(tables) > 20
    for table in tables:
        assert table["guarded"] or not table["scoped"], f"{table['name']} has organization_id and no row-level security"
        assert table["guarded"] or not table["reachable"] or table["name"] in WITHOUT_SCOPE, \
            f"callmill_api reaches {table['name']}, which nothing guards"
    views = world.stack.sql("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace")
    assert views == [], "a view passes row-level security by unless it is security_invoker"
    (role,) = world.stack.sql("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'callmill_api'")
    assert not any(role.values())
    assert world.stack.one("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = relowner WHERE rolname = 'callmill_api'") == 0


def scoped_tables(world):
    return [row["name"] for row in world.stack.sql("""SELECT c.relname AS name FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        AND has_table_privilege('callmill_api', c.oid, 'SELECT') AND c.relname NOT IN ('session', 'api_token')""")]


def the_rules_of_the_database_hold_alone(world):
    tables = scoped_tables(world)
    select = "".join(f"SELECT '{t}', organization_id FROM {t};" for t in tables)

    assert len(tables) > 10
    nothing_set = as_api_role(world, select)
    assert nothing_set.stdout == "", nothing_set.stdout
    used = as_api_role(world, f"BEGIN; SELECT set_config('callmill.organization', '{world.ada.id}', true); COMMIT;" + select)
    assert used.stdout.split() == [world.ada.id], "what a transaction had set is left to the next one"
    mine = as_api_role(world, f"BEGIN; SELECT set_config('callmill.organization', '{world.ada.id}', true);" + select)
    owners = {line.split("|")[1] for line in mine.stdout.splitlines() if "|" in line}
    assert owners == {world.ada.id} and "call|" in mine.stdout


def the_gateway_puts_nobody_elses_events_aside(world):
    rows = {producer: str(uuid.uuid4()) for producer in ("call-ingest", "api-gateway")}
    for producer, row in rows.items():
        world.stack.execute(f"""INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload)
                                VALUES ('{row}', '{producer}', 'no topic!', '', 'CallEnded', 'x')""")
        as_api_role(world, f"SELECT put_refused_aside('{producer}', '{{{rows['call-ingest']}}}', 'x');")
    assert world.stack.sql("SELECT id FROM outbox WHERE producer = 'call-ingest'") == [{"id": rows["call-ingest"]}]
    until("its own put aside", 20, lambda: world.stack.sql("SELECT service FROM dead_letter") == [{"service": "api-gateway"}])
    world.stack.execute("DELETE FROM outbox; DELETE FROM dead_letter")


def whose_rows_are_seen_is_found_out_once_or_known_to_the_planner(world):
    """A subselect is evaluated once a statement, the setting with every row; but only of the setting the planner knows
    whose rows it is about, and so how many."""
    begin = f"SET callmill.organization = '{world.ada.id}'; EXPLAIN (COSTS OFF) "
    by_call = "SELECT FROM {} WHERE call_id = '" + str(uuid.uuid4()) + "'"
    for table in ("call_status", "call_stream", "recording", "transcription", "segment", "report", "waveform"):
        plan = as_api_role(world, begin + by_call.format(table)).stdout
        assert "InitPlan 1" in plan and "organization_id = $0" in plan and "current_setting" not in plan, f"{table}: {plan}"
    for query in ("SELECT FROM call", "SELECT FROM contact", "SELECT FROM todo", "SELECT FROM call_step", by_call.format("analysis_run")):
        plan = as_api_role(world, begin + query).stdout
        assert "current_setting" in plan and "InitPlan" not in plan, f"{query}: {plan}"


# Whatever else callmill_api changes in a row, it is nothing that says whose the row is or what happened.
MAY_UPDATE = {
    "organization": {"name", "report_recipients", "retention_days", "time_zone"},
    "app_user": {"name", "role", "disabled_at", "password_hash"},
    "session": {"last_seen_at"},
    "api_token": {"last_used_at", "revoked_at"},
    "idempotency_key": {"key"},
    "phone_number": {"label", "record", "forward_to", "greeting", "caller_channel", "assistant", "instructions", "voice"},
    "analyzer": {"name", "prompt", "engine", "active", "position", "updated_at", "deleted_at"},
    "contact": {"name", "name_source", "email", "email_source", "company", "company_source", "summary", "summary_source",
                "updated_at"},
    "todo": {"title", "owner", "due_date", "done", "assignee_id", "edited_at", "deleted_at"},
}
MAY_INSERT = {"app_user", "session", "api_token", "idempotency_key", "phone_number", "analyzer", "contact", "todo", "outbox",
              "call", "call_status", "call_step", "recording"}
MAY_DELETE = {"session", "idempotency_key", "phone_number", "call", "outbox"}


def the_gateway_may_change_next_to_nothing(world):
    columns = world.stack.sql("""SELECT c.relname AS name, array_agg(a.attname) AS columns FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        AND has_column_privilege('callmill_api', c.oid, a.attnum, 'UPDATE') GROUP BY 1""")
    assert {row["name"]: set(row["columns"]) for row in columns} == MAY_UPDATE
    for right, tables in (("INSERT", MAY_INSERT), ("DELETE", MAY_DELETE), ("TRUNCATE", set()), ("TRIGGER", set())):
        held = world.stack.sql(f"""SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND
            relnamespace = 'public'::regnamespace AND has_table_privilege('callmill_api', oid, '{right}')""")
        assert {row["name"] for row in held} == tables, right

    begin = f"BEGIN; SELECT set_config('callmill.organization', '{world.ada.id}', true);"
    for statement in ("UPDATE call SET status = 'failed'", "UPDATE analysis_run SET analysis_text = ''",
                      "INSERT INTO organization (id, name) VALUES (gen_random_uuid(), 'x')", "DELETE FROM app_user",
                      "UPDATE app_user SET organization_id = organization_id", "UPDATE api_token SET token_hash = token_hash",
                      "UPDATE analyzer SET organization_id = organization_id",
                      "INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload) "
                      "VALUES (gen_random_uuid(), 'transcriber', 'a', 'b', 'c', '')",
                      "SELECT count(*) FROM inbox", "SELECT count(*) FROM pending_callback",
                      "DELETE FROM transcription", "DELETE FROM dead_letter", "UPDATE call_step SET state = 'done'",
                      f"INSERT INTO call_step (call_id, organization_id, step) VALUES (gen_random_uuid(), '{world.eve.id}', 'record')",
                      "SELECT replay_letters(NULL, NULL, NULL, NULL)", "SELECT look_for_recording(gen_random_uuid())"):
        answer = as_api_role(world, begin + statement)
        assert "permission denied" in answer.stderr or "row-level security" in answer.stderr, f"{statement}: {answer}"
    for statement in ("UPDATE app_user SET password_hash = 'x'", "DELETE FROM call", "UPDATE contact SET name = 'x'",
                      "UPDATE api_token SET revoked_at = now()"):
        reached = as_api_role(world, f"{begin}{statement} RETURNING organization_id; ROLLBACK;")
        assert set(reached.stdout.split()) == {world.ada.id}, f"{statement}: {reached}"


def what_only_admins_change_no_member_can_by_hand(world):
    things = things_of(world.ada)
    number = world.ada.post("/api/phone-numbers", {"number": "+15550108888"}).json["id"]
    statements = (f"INSERT INTO analyzer (id, organization_id, name, prompt) VALUES (gen_random_uuid(), '{world.ada.id}', 'x', 'x')",
                  "UPDATE analyzer SET active = NOT active", "UPDATE analyzer SET deleted_at = now()",
                  f"INSERT INTO phone_number (id, organization_id, number) VALUES (gen_random_uuid(), '{world.ada.id}', '+4670')",
                  "UPDATE phone_number SET record = NOT record", f"DELETE FROM phone_number WHERE id = '{number}'",
                  "UPDATE organization SET name = name || 'x'",
                  f"INSERT INTO app_user (id, organization_id, email, password_hash) VALUES (gen_random_uuid(), '{world.ada.id}', 'x@y', '')",
                  f"UPDATE app_user SET role = 'admin' WHERE id = '{things['users']}'",
                  f"UPDATE app_user SET disabled_at = now() WHERE id = '{things['users']}'")
    before = quiet(world)

    def run(role, statement, end):
        return as_api_role(world, f"""BEGIN; SELECT set_config('callmill.organization', '{world.ada.id}', true),
            set_config('callmill.role', '{role}', true); {statement} RETURNING 'changed'; {end};""")

    for statement in statements:
        for role in ("member", "", "Admin"):
            answer = run(role, statement, "COMMIT")
            assert "changed" not in answer.stdout, f"{role}: {statement}: {answer}"
        answer = run("admin", statement, "ROLLBACK")
        assert "changed" in answer.stdout and not answer.stderr, f"{statement}: {answer}"
    assert digest(world.stack) == before


STORIES = (a_foreign_id_answers_exactly_as_one_that_does_not_exist, what_is_for_admins_is_refused_to_members,
           a_foreign_page_changes_nothing_by_any_operation, the_list_shows_the_own_calls_only,
           every_table_of_an_organization_is_guarded, whose_rows_are_seen_is_found_out_once_or_known_to_the_planner,
           the_rules_of_the_database_hold_alone, the_gateway_puts_nobody_elses_events_aside, the_gateway_may_change_next_to_nothing,
           what_only_admins_change_no_member_can_by_hand)

if __name__ == "__main__":
    with World("api-isolation") as the_world:
        tell(STORIES, the_world)
