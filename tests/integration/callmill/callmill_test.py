"""The command line: migrations, topics, what an organization needs, dead letters, the doctor.
`callmill_test.py NAME` tells one story."""
import hashlib
import json
import os
import pathlib
import pty
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from stack import Stack, until  # noqa: E402

SQL = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "sql"
PASSWORD = "correct horse battery staple"


def run(stack, *args, stdin=None, **environment):
    """Whatever the exit status is."""
    return subprocess.run([stack.bin / "callmill", *args], env={**stack.env, **environment}, input=stdin,
                          capture_output=True, text=True, timeout=120)


def emptied(stack):
    stack.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")


def migrate(stack, *args):
    return run(stack, "migrate", *args, MIGRATE_DATABASE_URL=stack.owner_url)


def migrating_again_does_nothing(stack):
    emptied(stack)
    first, second = migrate(stack, "--json"), migrate(stack, "--json")

    assert json.loads(first.stdout)["applied"][0] == "0001_core", first
    assert json.loads(second.stdout) == {"applied": [], "version": json.loads(first.stdout)["version"], "ahead": False}
    rows = stack.sql("SELECT version, name, sha256 FROM schema_version ORDER BY version")
    assert [r["version"] for r in rows] == list(range(1, len(rows) + 1))
    assert all(len(r["sha256"]) == 64 for r in rows)


def many_may_migrate_at_once(stack):
    emptied(stack)
    env = {**stack.env, "MIGRATE_DATABASE_URL": stack.owner_url}
    all_of_them = [subprocess.Popen([stack.bin / "callmill", "migrate", "--json"], env=env, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for _ in range(6)]
    answers = [p.communicate(timeout=60) for p in all_of_them]

    assert [p.returncode for p in all_of_them] == [0] * 6, answers
    applied = [name for out, _ in answers for name in json.loads(out)["applied"]]
    assert sorted(applied) == sorted(set(applied)) and "0001_core" in applied
    assert len(applied) == stack.one("SELECT count(*) FROM schema_version")


def a_changed_history_is_refused(stack):
    kept = stack.one("SELECT sha256 FROM schema_version WHERE version = 2")
    stack.execute("UPDATE schema_version SET sha256 = repeat('0', 64) WHERE version = 2")
    refused = migrate(stack)

    assert refused.returncode == 1 and "0002" in refused.stderr and "changed" in refused.stderr, refused
    stack.execute(f"UPDATE schema_version SET sha256 = '{kept}' WHERE version = 2")
    assert migrate(stack).returncode == 0


def a_later_schema_is_left_alone(stack):
    newest = stack.one("SELECT max(version) FROM schema_version")
    stack.execute(f"INSERT INTO schema_version VALUES ({newest + 1}, '9999_later', repeat('0', 64))")
    answer = migrate(stack, "--json")

    assert answer.returncode == 0 and json.loads(answer.stdout)["ahead"] is True
    stack.execute(f"DELETE FROM schema_version WHERE version = {newest + 1}")


def a_migration_that_fails_leaves_nothing_behind(stack):
    emptied(stack)
    stack.execute("CREATE TABLE transcription (id integer)")  # in the way of 0002
    refused = migrate(stack)

    assert refused.returncode == 1 and "0002" in refused.stderr and "transcription" in refused.stderr, refused
    assert stack.one("SELECT max(version) FROM schema_version") == 1
    assert stack.one("SELECT to_regclass('segment') IS NULL AND to_regproc('schema_run') IS NULL")
    stack.execute("DROP TABLE transcription")
    assert migrate(stack).returncode == 0


def migrated_to(stack, version):
    """Up to that migration, as `callmill migrate` of that time would have left it."""
    emptied(stack)
    stack.execute("""CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
                     applied_at timestamptz NOT NULL DEFAULT now())""")
    for path in sorted(SQL.glob("*.sql"))[:version]:
        stack.execute(path.read_text())
        stack.execute(f"""INSERT INTO schema_version VALUES ({int(path.stem[:4])}, '{path.stem}',
                          '{hashlib.sha256(path.read_bytes()).hexdigest()}')""")


def a_migration_gives_way_to_those_who_use_its_tables(stack):
    migrated_to(stack, 4)
    env = {**stack.env, "MIGRATE_DATABASE_URL": stack.owner_url, "MIGRATE_LOCK_MS": "200"}
    with stack.transaction("LOCK TABLE call IN ACCESS SHARE MODE"):
        waiting = subprocess.Popen([stack.bin / "callmill", "migrate", "--json"], env=env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        said = [waiting.stderr.readline() for _ in range(3)]
        assert "0005_desk waits" in said[0] and "a transaction of the tests" in said[0] and "try 3 of 40" in said[2], said
        for _ in range(10):  # who comes behind it waits for as long as it does, and no longer
            stack.execute("SET statement_timeout = '5s'; UPDATE call SET updated_at = now()")
        assert waiting.poll() is None and stack.one("SELECT max(version) FROM schema_version") == 4
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0 and json.loads(out)["applied"][0] == "0005_desk", out


def a_migration_that_never_gets_its_tables_says_who_has_them(stack):
    migrated_to(stack, 4)
    with stack.transaction("LOCK TABLE call IN ACCESS SHARE MODE"):
        refused = run(stack, "migrate", MIGRATE_DATABASE_URL=stack.owner_url, MIGRATE_LOCK_MS="50", MIGRATE_TRIES="3")
        assert refused.returncode == 75, refused
        last = refused.stderr.splitlines()[-1]
        assert "0005_desk" in last and "in none of 3 tries" in last and "a transaction of the tests" in last, refused
        assert stack.one("SELECT max(version) FROM schema_version") == 4
        assert stack.one("SELECT to_regclass('waveform') IS NULL AND to_regproc('schema_run') IS NULL")
    assert migrate(stack).returncode == 0


def only_the_owner_writes_the_history(stack):
    for role in ("callmill_worker", "callmill_api"):
        for right, may in (("SELECT", True), ("INSERT", False), ("UPDATE", False), ("DELETE", False)):
            assert stack.one(f"SELECT has_table_privilege('{role}', 'schema_version', '{right}')") is may, (role, right)


def a_database_that_is_away_is_waited_for_and_then_told(stack):
    answer = run(stack, "migrate", "--wait", "1", MIGRATE_DATABASE_URL="postgresql://x:secret@127.0.0.1:1/x")

    assert answer.returncode == 75 and "secret" not in answer.stderr + answer.stdout, answer


def topics_are_made_once(stack):
    again = stack.callmill("topics", "--json")

    assert len(again) > 15 and not any(row["created"] for row in again)
    assert all(row["topic"].startswith(stack.env["TOPIC_PREFIX"]) for row in again)


def adding_twice_gives_the_same_id(stack):
    first = stack.callmill("org", "add", "--name", "Twice", "--report-to", "a@b.example, c@d.example", "--json")
    org = first["id"]
    user = ("user", "add", "--org", org, "--email", "Ada@Example.com", "--password-file", "-", "--json")
    number = ("number", "add", "--org", org, "--number", "+15557770001", "--caller-channel", "1", "--no-recording", "--json")
    analyzer = ("analyzer", "add", "--org", org, "--name", "Upsell", "--prompt", "Was something sold?", "--json")

    assert first["created"] and stack.callmill("org", "add", "--name", "Twice", "--json") == {"id": org, "created": False}
    for args in (user, number, analyzer):
        one, two = (stack.callmill(*args, stdin=PASSWORD + "\n") for _ in range(2))
        assert one["created"] and two == {"id": one["id"], "created": False}, args
    assert stack.one(f"SELECT report_recipients FROM organization WHERE id = '{org}'") == ["a@b.example", "c@d.example"]
    (row,) = stack.callmill("number", "list", "--org", org, "--json")
    assert row["caller_channel"] == 1 and row["record"] is False and row["forward_to"] is None


def an_organization_can_be_changed(stack):
    org = stack.callmill("org", "add", "--name", "Before", "--report-to", "a@b.example", "--json")["id"]
    stack.callmill("org", "set", "--id", org, "--name", "After")
    (row,) = [r for r in stack.callmill("org", "list", "--json") if r["id"] == org]
    assert row["name"] == "After" and row["report_to"] == "a@b.example"
    stack.callmill("org", "set", "--id", org, "--report-to", "c@d.example,e@f.example")
    assert stack.one(f"SELECT report_recipients FROM organization WHERE id = '{org}'") == ["c@d.example", "e@f.example"]
    stack.callmill("org", "set", "--id", org, "--report-to", "")
    assert stack.one(f"SELECT report_recipients FROM organization WHERE id = '{org}'") == []
    assert row["retention_days"] is None and row["time_zone"] == "UTC"
    for args, kept in ((("--retention-days", "30", "--time-zone", "Europe/Stockholm"), (30, "Europe/Stockholm")),
                       (("--name", "Later"), (30, "Europe/Stockholm")), (("--retention-days", "0"), (None, "Europe/Stockholm"))):
        stack.callmill("org", "set", "--id", org, *args)
        (row,) = [r for r in stack.callmill("org", "list", "--json") if r["id"] == org]
        assert (row["retention_days"], row["time_zone"]) == kept, args
    assert run(stack, "org", "set", "--id", str(uuid.uuid4()), "--name", "x").returncode == 1
    assert run(stack, "org", "set", "--id", org).returncode == 1


def number_of(stack, org):
    (row,) = stack.callmill("number", "list", "--org", org, "--json")
    return {name: row[name] for name in ("label", "record", "forward_to", "greeting", "caller_channel", "assistant",
                                         "instructions", "voice")}


def a_number_is_added_with_all_that_can_be_said_of_it(stack):
    org = stack.callmill("org", "add", "--name", "Desk", "--json")["id"]
    stack.callmill("number", "add", "--org", org, "--number", "+15557770061", "--label", "Desk", "--forward-to", "+15557770062",
                   "--greeting", "Hello.", "--caller-channel", "1", "--no-recording", "--assistant", "off",
                   "--instructions", "Sell lamps.", "--voice", "marin")
    assert number_of(stack, org) == {
        "label": "Desk", "record": False, "forward_to": "+15557770062", "greeting": "Hello.", "caller_channel": 1,
        "assistant": False, "instructions": "Sell lamps.", "voice": "marin"}


def a_number_can_be_changed(stack):
    org = stack.callmill("org", "add", "--name", "Numbers", "--json")["id"]
    number = stack.callmill("number", "add", "--org", org, "--number", "+15557770021", "--json")["id"]
    now = {"label": "", "record": True, "forward_to": None, "greeting": None, "caller_channel": 0, "assistant": True,
           "instructions": None, "voice": None}
    assert number_of(stack, org) == now
    for args, change in ((("--label", "Front desk"), {"label": "Front desk"}), (("--recording", "off"), {"record": False}),
                         (("--forward-to", "+15557770022"), {"forward_to": "+15557770022"}),
                         (("--greeting", "é" * 500), {"greeting": "é" * 500}), (("--caller-channel", "1"), {"caller_channel": 1}),
                         (("--label", "", "--greeting", "Hello."), {"label": "", "greeting": "Hello."}),
                         (("--recording", "on", "--caller-channel", "0"), {"record": True, "caller_channel": 0}),
                         (("--forward-to", ""), {"forward_to": None}), (("--greeting", ""), {"greeting": None}),
                         (("--assistant", "off"), {"assistant": False}),
                         (("--instructions", "Sell lamps.", "--voice", "marin"), {"instructions": "Sell lamps.", "voice": "marin"}),
                         (("--assistant", "on", "--instructions", "", "--voice", ""),
                          {"assistant": True, "instructions": None, "voice": None})):
        assert stack.callmill("number", "set", "--id", number, *args, "--json") == {"id": number}, args
        now |= change
        assert number_of(stack, org) == now, args
    for args, word in (((), "nothing to set"), (("--recording", "maybe"), "'maybe' is neither on nor off"),
                       (("--recording", ""), "neither"), (("--forward-to", "sip:a@b"), "'sip:a@b' is no E.164 number"),
                       (("--caller-channel", "2"), "--caller-channel"), (("--label", "é" * 101), "--label"),
                       (("--greeting", "é" * 501), "--greeting"), (("--instructions", "x" * 8001), "--instructions"),
                       (("--voice", "a b"), "'a b' has a character"), (("--assistant", "1"), "neither on nor off")):
        refused = run(stack, "number", "set", "--id", number, *args)
        assert refused.returncode == 1 and word in refused.stderr, (args, refused.stderr)
    assert number_of(stack, org) == now
    nobody = run(stack, "number", "set", "--id", str(uuid.uuid4()), "--label", "x")
    assert nobody.returncode == 1 and "there is no such number; see callmill number list" in nobody.stderr


def a_number_is_removed_unless_it_has_calls(stack):
    org = stack.callmill("org", "add", "--name", "Removal", "--json")["id"]
    add = ("number", "add", "--org", org, "--number", "+15557770031", "--json")
    number, call = stack.callmill(*add)["id"], uuid.uuid4()
    stack.execute(f"""INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status)
                      VALUES ('{call}', 'CA{call.hex}', '{org}', '{number}', '+1', '+2', 'inbound', 'completed')""")
    kept = run(stack, "number", "remove", "--id", number)
    assert kept.returncode == 1 and "the number has calls; it stays as long as they do" in kept.stderr
    assert len(stack.callmill("number", "list", "--org", org, "--json")) == 1
    stack.execute(f"DELETE FROM call WHERE id = '{call}'")
    assert "removed" in stack.callmill("number", "remove", "--id", number)
    assert stack.callmill("number", "list", "--org", org, "--json") == []
    again = run(stack, "number", "remove", "--id", number)
    assert again.returncode == 1 and "there is no such number" in again.stderr
    assert stack.callmill(*add)["created"], "it may come back"


def an_organization_is_removed_without_asking_for_brokers(stack):
    org = stack.callmill("org", "add", "--name", "Brokerless", "--json")["id"]
    env = {name: value for name, value in stack.env.items() if not name.startswith("KAFKA_")}
    done = subprocess.run([stack.bin / "callmill", "org", "remove", "--id", org, "--name", "Brokerless"], env=env,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "removed, with 0 calls" in done.stdout, done


def a_call_that_comes_in_at_the_last_moment_goes_with_its_organization(stack):
    org = stack.callmill("org", "add", "--name", "Busy", "--json")["id"]
    number = stack.callmill("number", "add", "--org", org, "--number", "+15557770041", "--json")["id"]
    call = uuid.uuid4()
    remove = [stack.bin / "callmill", "org", "remove", "--id", org, "--name", "Busy"]
    with stack.transaction(f"""INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status)
                                  VALUES ('{call}', 'CA{call.hex}', '{org}', '{number}', '+1', '+2', 'inbound', 'ringing')""", "COMMIT"):
        removing = subprocess.Popen(remove, env=stack.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until("it waits for the call", 20, lambda: stack.waits() or removing.poll() is not None)
    out, err = removing.communicate(timeout=60)
    assert removing.returncode == 0 and "removed, with 1 calls" in out, (out, err)
    stack.execute("DELETE FROM outbox")


def a_new_organization_has_its_three_analyzers(stack):
    org = stack.callmill("org", "add", "--name", "Fresh", "--json")["id"]

    rows = stack.callmill("analyzer", "list", "--org", org, "--json")
    assert [r["name"] for r in rows] == ["Sentiment Analyzer", "Compliance", "Summary"]
    assert all(r["active"] and len(r["prompt"]) > 40 for r in rows)
    stack.callmill("analyzer", "disable", "--id", rows[0]["id"])
    stack.callmill("analyzer", "set", "--id", rows[1]["id"], "--prompt", "Another one", "--engine", "rules")
    rows = stack.callmill("analyzer", "list", "--org", org, "--json")
    assert [r["active"] for r in rows] == [False, True, True] and rows[1]["prompt"] == "Another one"
    stack.callmill("org", "add", "--name", "Fresh", "--json")
    assert len(stack.callmill("analyzer", "list", "--org", org, "--json")) == 3
    stack.callmill("analyzer", "enable", "--id", rows[0]["id"])
    assert stack.callmill("analyzer", "list", "--org", org, "--json")[0]["active"]


def what_belongs_to_another_organization_is_refused(stack):
    one, two = (stack.callmill("org", "add", "--name", n, "--json")["id"] for n in ("One", "Two"))
    stack.callmill("number", "add", "--org", one, "--number", "+15557770002")
    stack.callmill("user", "add", "--org", one, "--email", "eve@example.com", "--password-file", "-", stdin=PASSWORD)

    assert run(stack, "number", "add", "--org", two, "--number", "+15557770002").returncode == 1
    assert run(stack, "user", "add", "--org", two, "--email", "EVE@example.com", "--password-file", "-",
               stdin=PASSWORD).returncode == 1
    nobody = run(stack, "number", "add", "--org", str(uuid.uuid4()), "--number", "+15557770003")
    assert nobody.returncode == 1 and "no such organization" in nobody.stderr
    assert stack.one("SELECT count(*) FROM phone_number WHERE number = '+15557770003'") == 0


def a_password_comes_from_a_file_and_is_kept_as_a_hash(stack):
    org = stack.callmill("org", "add", "--name", "Secrets", "--json")["id"]
    file = stack.dir / "password"
    file.write_text(PASSWORD + "\nsecond line\n")
    stack.callmill("user", "add", "--org", org, "--email", "file@example.com", "--password-file", str(file))

    kept = stack.one("SELECT password_hash FROM app_user WHERE email = 'file@example.com'")
    assert kept.startswith("$argon2id$") and PASSWORD not in kept
    for content in ("", "eleven char\n", "x" * 1025):
        file.write_text(content)
        refused = run(stack, "user", "add", "--org", org, "--email", "no@example.com", "--password-file", str(file))
        assert refused.returncode == 1, content
    assert run(stack, "user", "add", "--org", org, "--email", "no@example.com", "--password-file", "/nowhere").returncode == 1
    assert run(stack, "user", "add", "--org", org, "--email", "no@example.com", "--password", PASSWORD).returncode == 2


def a_terminal_shows_no_password(stack):
    org = stack.callmill("org", "add", "--name", "Terminal", "--json")["id"]
    terminal, end = pty.openpty()
    adding = subprocess.Popen([stack.bin / "callmill", "user", "add", "--org", org, "--email", "tty@example.com",
                               "--password-file", "-", "--json"], env=stack.env, stdin=end, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    assert adding.stderr.read(10) == b"Password: "
    os.write(terminal, PASSWORD.encode() + b"\n")
    out, said = adding.communicate(timeout=60)
    assert adding.returncode == 0 and json.loads(out)["id"] and said == b"\n", (out, said)
    os.write(terminal, b"shown\n")  # as it was before
    assert os.read(terminal, 1000) == b"shown\r\n"
    os.close(terminal)
    os.close(end)


def a_user_gets_a_new_password_name_and_role(stack):
    org = stack.callmill("org", "add", "--name", "Forgotten", "--json")["id"]
    user = stack.callmill("user", "add", "--org", org, "--email", "lost.soul@example.com", "--password-file", "-", "--json",
                          stdin=PASSWORD)["id"]
    row = lambda: stack.sql(f"SELECT name, role, password_hash FROM app_user WHERE id = '{user}'")[0]
    before = row()
    assert (before["name"], before["role"]) == ("lost.soul", "member")
    stack.execute("INSERT INTO session (token_hash, user_id, organization_id, expires_at)"
                  f" VALUES (sha256('lost'), '{user}', '{org}', now() + interval '1 hour')")

    stack.callmill("user", "set", "--id", user, "--role", "admin", "--name", "Found Soul")
    assert row() == {"name": "Found Soul", "role": "admin", "password_hash": before["password_hash"]}
    assert stack.one(f"SELECT count(*) FROM session WHERE user_id = '{user}'") == 1
    stack.callmill("user", "set", "--id", user, "--password-file", "-", stdin="another horse, other staple")
    assert row()["password_hash"] != before["password_hash"] and row()["role"] == "admin"
    assert stack.one(f"SELECT count(*) FROM session WHERE user_id = '{user}'") == 0
    for args in ((), ("--role", "boss"), ("--name", ""), ("--password-file", "/nowhere")):
        assert run(stack, "user", "set", "--id", user, *args).returncode == 1, args
    assert run(stack, "user", "set", "--id", str(uuid.uuid4()), "--role", "admin").returncode == 1


def wrong_arguments_are_named(stack):
    org = stack.callmill("org", "add", "--name", "Wrong", "--json")["id"]
    wrong = ((2, ()), (2, ("org",)), (2, ("org", "add")), (2, ("nonsense",)), (1, ("user", "list", "--org", "7")),
             (1, ("number", "add", "--org", org, "--number", "5551234")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--caller-channel", "2")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--forward-to", "sip:a@b")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--label", "é" * 101)),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--greeting", "")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--forward-to", "")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--voice", "a b")),
             (1, ("number", "add", "--org", org, "--number", "+1555", "--assistant", "yes")),
             *((1, ("user", "add", "--org", org, "--email", address, "--password-file", "/nowhere"))
               for address in ("", "nobody", "a@", "a b@c", "a@b@c", "Ada <a@b>", "é@example.com", "a@b\n", "a" * 251 + "@b.c")),
             (1, ("org", "add", "--name", "x", "--report-to", "nobody")), (1, ("org", "add", "--name", "")),
             (1, ("org", "add", "--name", "x" * 101)), (1, ("org", "add", "--name", "x", "--report-to", "Ada <a@b>")),
             (1, ("org", "set", "--id", org, "--report-to", ",".join(["a@b"] * 51))),
             (1, ("org", "set", "--id", org, "--retention-days", "36501")),
             (1, ("org", "set", "--id", org, "--time-zone", "Middle/Earth")),
             (1, ("analyzer", "add", "--org", org, "--name", "x", "--prompt", "y", "--engine", "z")),
             (1, ("analyzer", "set", "--id", str(uuid.uuid4()), "--name", "x")),
             (1, ("analyzer", "set", "--id", str(uuid.uuid4()))),
             (1, ("dlq", "replay")), (1, ("dlq", "replay", "--all", "--id", str(uuid.uuid4()))),
             (1, ("dlq", "replay", "--id", str(uuid.uuid4()))))
    for status, args in wrong:
        answer = run(stack, *args)
        assert answer.returncode == status and answer.stderr, (args, answer)
    for args in (("--help",), ("org", "--help"), ("org", "add", "--help"), ("number", "set", "--help"), ("number", "remove", "--help"),
                 ("--version",)):
        answer = run(stack, *args)
        assert answer.returncode == 0 and answer.stdout and not answer.stderr, (args, answer)


def a_dead_letter(stack, service, step, event, call, org):
    stack.execute(f"""
        INSERT INTO inbox (service, event_id, outcome) VALUES ('{service}', '{event}', 'dead');
        INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason)
        VALUES ('{call}', '{org}', '{step}', 'failed', 5, 'it broke') ON CONFLICT DO NOTHING;
        INSERT INTO dead_letter (id, service, topic, message_key, payload, headers, organization_id, call_id, step, class,
                                 reason, attempts)
        VALUES ('{event}', '{service}', 'call.transcribed', '{call}', '\\x0000000001', '{{"ce_id": "{event}"}}', '{org}',
                '{call}', '{step}', 'retry', 'it broke', 5)""")


def a_dead_letter_is_driven_again(stack):
    org = stack.callmill("org", "add", "--name", "Dead", "--json")["id"]
    number = stack.callmill("number", "add", "--org", org, "--number", "+15557770009", "--json")["id"]
    call, event, other = (str(uuid.uuid4()) for _ in range(3))
    stack.execute(f"""INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status)
                      VALUES ('{call}', 'CA{uuid.uuid4().hex}', '{org}', '{number}', '+1', '+2', 'inbound', 'completed')""")
    a_dead_letter(stack, "contact-enricher", "enrich", event, call, org)
    a_dead_letter(stack, "todo-extractor", "extract-todos", event, call, org)  # both gave the same event up
    a_dead_letter(stack, "analyzer-runner", "analyze", other, call, org)

    assert len(stack.callmill("dlq", "list", "--json")) == 3
    (listed,) = stack.callmill("dlq", "list", "--service", "contact-enricher", "--json")
    assert listed["id"] == event and listed["reason"] == "it broke" and listed["attempts"] == 5
    (replayed,) = stack.callmill("dlq", "replay", "--service", "contact-enricher", "--id", event, "--json")
    assert replayed["step"] == "enrich" and replayed["call_id"] == call
    (queued,) = stack.sql("SELECT producer, aggregatetype, aggregateid, type, payload, headers FROM outbox")
    assert queued == {"producer": "contact-enricher", "aggregatetype": "call.transcribed", "aggregateid": call,
                      "type": "CallTranscribed", "payload": "\\x0000000001", "headers": {"ce_id": event}}
    assert stack.sql("SELECT service FROM inbox ORDER BY 1") == [{"service": "analyzer-runner"}, {"service": "todo-extractor"}]
    states = {row["step"]: row["state"] for row in stack.sql("SELECT step, state FROM call_step")}
    assert states == {"enrich": "waiting", "extract-todos": "failed", "analyze": "failed"}
    assert len(stack.callmill("dlq", "replay", "--all", "--json")) == 2
    assert stack.one("SELECT count(*) FROM dead_letter") == stack.one("SELECT count(*) FROM inbox") == 0
    assert stack.callmill("dlq", "replay", "--all", "--json") == []
    stack.execute("DELETE FROM outbox")


def who_has_seen_a_replayed_event_remembers_it_anew(stack):
    org = stack.callmill("org", "add", "--name", "Dead", "--json")["id"]
    call, event = stack.one("SELECT id FROM call LIMIT 1"), str(uuid.uuid4())
    stack.execute("DELETE FROM call_step")
    a_dead_letter(stack, "contact-enricher", "enrich", event, call, org)
    stack.execute(f"""INSERT INTO inbox (service, event_id, handled_at)
                      VALUES ('todo-extractor', '{event}', now() - interval '90 days')""")
    stack.callmill("dlq", "replay", "--id", event)
    assert stack.sql("SELECT service FROM inbox WHERE handled_at > now() - interval '1 day'") == \
        [{"service": "todo-extractor"}]
    stack.execute("DELETE FROM outbox; DELETE FROM inbox")


def a_step_of_which_another_letter_tells_stays_failed(stack):
    org = stack.callmill("org", "add", "--name", "Dead", "--json")["id"]
    call = stack.one("SELECT id FROM call LIMIT 1")
    first, second = (str(uuid.uuid4()) for _ in range(2))
    stack.execute("DELETE FROM call_step")
    a_dead_letter(stack, "analyzer-runner", "analyze", first, call, org)
    a_dead_letter(stack, "analyzer-runner", "analyze", second, call, org)

    stack.callmill("dlq", "replay", "--id", first)
    assert stack.sql("SELECT state, reason FROM call_step") == [{"state": "failed", "reason": "it broke"}]
    stack.callmill("dlq", "replay", "--id", second)
    assert stack.sql("SELECT state, reason FROM call_step") == [{"state": "waiting", "reason": None}]
    stack.execute("DELETE FROM outbox; DELETE FROM inbox")


def a_letter_with_an_odd_key_goes_back_as_it_came(stack):
    stack.execute(f"""INSERT INTO dead_letter (id, service, topic, message_key, payload, class, reason, attempts)
                      VALUES (gen_random_uuid(), 'reporter', 'call.analyzed', '\\xff00' || repeat('k', 300)::bytea, '\\x00', 'reject', 'x', 1),
                             (gen_random_uuid(), 'reporter', 'call.analyzed', '', '\\x01', 'reject', 'x', 1)""")
    stack.callmill("dlq", "replay", "--all", "--service", "reporter")

    odd, empty = stack.sql("SELECT aggregateid, encode(message_key, 'hex') AS key, producer FROM outbox ORDER BY payload")
    assert odd["key"] == "ff00" + b"k".hex() * 300 and len(odd["aggregateid"]) == 255
    assert empty == {"aggregateid": "", "key": None, "producer": "reporter"}
    stack.execute("DELETE FROM outbox")


def every_event_has_its_records_name(stack):
    schemas = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "avro"
    names = {path.stem.replace("-", ".", 1): json.loads(path.read_text())["name"] for path in schemas.glob("*.avsc")}

    assert len(names) > 10
    for topic, record in names.items():
        assert stack.one(f"SELECT event_record('{topic}')") == record, topic


def a_replayed_letter_is_published_by_its_service(stack):
    org = stack.callmill("org", "add", "--name", "Dead", "--json")["id"]
    call, event = stack.one("SELECT id FROM call LIMIT 1"), str(uuid.uuid4())
    stack.execute("DELETE FROM call_step")
    a_dead_letter(stack, "api-gateway", "analyze", event, call, org)
    stack.start("api-gateway")
    stack.wait_ready("api-gateway")
    stack.callmill("dlq", "replay", "--all")

    until("the outbox empty", 20, lambda: stack.one("SELECT count(*) FROM outbox") == 0)
    assert stack.stop("api-gateway") == 0


def the_doctor_finds_what_is_wrong(stack):
    healthy = run(stack, "doctor", "--json", API_DATABASE_URL=stack.api_role_url)
    found = {row["check"]: row["level"] for row in json.loads(healthy.stdout)}

    for check in ("database", "schema", "roles", "brokers", "topics", "registry", "recordings"):
        assert found[check] == "ok", healthy.stdout
    unknown = {row["check"]: row for row in json.loads(run(stack, "doctor", "--json", TOPIC_PREFIX="other.").stdout)}
    assert unknown["topics"]["level"] == "fail" and unknown["registry"]["level"] == "warn"
    assert "run callmill topics" in unknown["topics"]["advice"] + unknown["registry"]["advice"]
    broken = {"KAFKA_BROKERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1", "RECORDINGS_DIR": "/nowhere",
              "TWILIO_ACCOUNT_SID": "AC1", "SMTP_URL": "smtp://127.0.0.1:1", "SPEECH_ENGINE": "whisper", "VAD_MODEL": "/no"}
    for name, check in (("KAFKA_BROKERS", "brokers"), ("SCHEMA_REGISTRY_URL", "registry"), ("RECORDINGS_DIR", "recordings"),
                        ("TWILIO_ACCOUNT_SID", "twilio"), ("SMTP_URL", "mail"), ("VAD_MODEL", "speech")):
        answer = run(stack, "doctor", "--json", **{name: broken[name]})
        rows = {row["check"]: row for row in json.loads(answer.stdout)}
        assert answer.returncode == 1 and rows[check]["level"] == "fail" and rows[check]["found"], (name, rows[check])
    away = run(stack, "doctor", "--json", DATABASE_URL="postgresql://x:secret@127.0.0.1:1/x")
    assert away.returncode == 1 and "secret" not in away.stdout + away.stderr
    stack.execute("ALTER TABLE todo NO FORCE ROW LEVEL SECURITY")
    rows = {row["check"]: row for row in json.loads(run(stack, "doctor", "--json").stdout)}
    assert rows["roles"]["level"] == "fail"
    stack.execute("ALTER TABLE todo FORCE ROW LEVEL SECURITY")


STORIES = (migrating_again_does_nothing, many_may_migrate_at_once, a_changed_history_is_refused,
           a_later_schema_is_left_alone, a_migration_that_fails_leaves_nothing_behind,
           a_migration_gives_way_to_those_who_use_its_tables, a_migration_that_never_gets_its_tables_says_who_has_them,
           only_the_owner_writes_the_history,
           a_database_that_is_away_is_waited_for_and_then_told, topics_are_made_once, adding_twice_gives_the_same_id,
           an_organization_can_be_changed, a_number_is_added_with_all_that_can_be_said_of_it,
           a_number_can_be_changed, a_number_is_removed_unless_it_has_calls,
           an_organization_is_removed_without_asking_for_brokers,
           a_call_that_comes_in_at_the_last_moment_goes_with_its_organization,
           a_new_organization_has_its_three_analyzers, what_belongs_to_another_organization_is_refused,
           a_password_comes_from_a_file_and_is_kept_as_a_hash, a_terminal_shows_no_password,
           a_user_gets_a_new_password_name_and_role,
           wrong_arguments_are_named, a_dead_letter_is_driven_again,
           who_has_seen_a_replayed_event_remembers_it_anew, a_step_of_which_another_letter_tells_stays_failed,
           a_letter_with_an_odd_key_goes_back_as_it_came, every_event_has_its_records_name,
           a_replayed_letter_is_published_by_its_service, the_doctor_finds_what_is_wrong)

if __name__ == "__main__":
    with Stack("callmill") as the_stack:
        for story in STORIES:
            if not sys.argv[1:] or story.__name__ in sys.argv[1:]:
                story(the_stack)
                print(f"ok {story.__name__}", flush=True)
