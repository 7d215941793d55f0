"""`callmill org remove`: an organization goes with all that is its own, everybody is told of each call, and its neighbour
notices nothing."""
import pathlib
import subprocess
import sys

from confluent_kafka import Consumer
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from office import FAST, all_reported, an_organization, place_calls  # noqa: E402
from stack import Stack, http, until  # noqa: E402

PASSWORD, OTHERS_NUMBER = "correct horse battery staple", "+15559876547"
MORE = 250  # calls than a few: several transactions


def add_user(stack, org, email):
    stack.callmill("user", "add", "--org", org, "--email", email, "--role", "admin", "--password-file", "-", "--json", stdin=PASSWORD)


def log_in(stack, email):
    return http("POST", f"{stack.api}/api/session", {"email": email, "password": PASSWORD})


def more_calls(stack, org):
    """Copies of one of its calls, under other sids."""
    columns = ", ".join(c["name"] for c in stack.sql("""SELECT column_name AS name FROM information_schema.columns
        WHERE table_name = 'call' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'call_sid')"""))
    stack.execute(f"""INSERT INTO call (id, call_sid, {columns}) SELECT gen_random_uuid(), 'CA' || md5(n::text), {columns}
        FROM (SELECT * FROM call WHERE organization_id = '{org}' LIMIT 1) c, generate_series(1, {MORE}) n""")


def remove(stack, org, name):
    return subprocess.run([stack.bin / "callmill", "org", "remove", "--id", org, "--name", name], env=stack.env,
                          capture_output=True, text=True, timeout=120)


def rows_of(stack, org):
    """In every table that knows of organizations, and of the organization itself."""
    tables = stack.sql("""SELECT table_name AS name FROM information_schema.columns JOIN information_schema.tables
        USING (table_schema, table_name) WHERE table_schema = 'public' AND column_name = 'organization_id'
        AND table_type = 'BASE TABLE'""")
    counts = {t["name"]: stack.one(f"SELECT count(*) FROM {t['name']} WHERE organization_id = '{org}'") for t in tables}
    counts["organization"] = stack.one(f"SELECT count(*) FROM organization WHERE id = '{org}'")
    return {name: count for name, count in counts.items() if count}


def deletions(stack, count):
    """What call.deleted says, {call_sid: event}."""
    topic, seen = stack.env["TOPIC_PREFIX"] + "call.deleted", {}
    read = AvroDeserializer(stack.registry)
    consumer = Consumer({"bootstrap.servers": stack.env["KAFKA_BROKERS"], "group.id": f"{stack.database}-judge",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])

    def enough():
        for message in consumer.consume(500, 0.2):
            assert not message.error(), message.error()
            assert dict(message.headers())["ce_source"] == b"callmill/api-gateway"
            event = read(message.value(), SerializationContext(topic, MessageField.VALUE))
            assert event["call_sid"] not in seen, "told twice"
            seen[event["call_sid"]] = event
        return len(seen) >= count
    until("every deletion told", 60, enough, every=0)
    consumer.close()
    return seen


def main():
    with Stack("removal", **FAST) as stack:
        an_organization(stack)
        org = stack.one("SELECT id FROM organization")
        other = stack.callmill("org", "add", "--name", "Neighbour", "--report-to", "bob@example.com", "--json")["id"]
        stack.callmill("number", "add", "--org", other, "--number", OTHERS_NUMBER, "--json")
        for of, email in ((org, "ada@example.com"), (other, "bob@example.com")):
            add_user(stack, of, email)
        stack.start_all()
        place_calls(stack, 4, "--to", OTHERS_NUMBER)
        all_reported(stack, 4)
        headers = {"Authorization": f"Bearer {log_in(stack, 'ada@example.com').json['token']}"}
        more_calls(stack, org)
        todo = stack.one(f"SELECT id FROM todo WHERE organization_id = '{org}' LIMIT 1")
        stack.execute(f"UPDATE todo SET assignee_id = (SELECT id FROM app_user WHERE email = 'ada@example.com') WHERE id = '{todo}'")
        sids = {c["call_sid"] for c in stack.sql(f"SELECT call_sid FROM call WHERE organization_id = '{org}'")}
        others = {c["call_sid"] for c in stack.sql(f"SELECT call_sid FROM call WHERE organization_id = '{other}'")}
        kept, of_other = rows_of(stack, org), rows_of(stack, other)
        assert len(sids) == 2 + MORE and len(others) == 2 and kept["session"] == 1, (kept, of_other)

        refused = remove(stack, org, "Neighbour")
        assert refused.returncode == 1 and "another name" in refused.stderr, refused
        assert rows_of(stack, org) == kept

        done = remove(stack, org, "Office")
        assert done.returncode == 0 and f"with {2 + MORE} calls" in done.stdout, done
        assert rows_of(stack, org) == {} and rows_of(stack, other) == of_other
        assert http("GET", f"{stack.api}/api/calls", headers=headers).status == 401
        assert log_in(stack, "ada@example.com").status == 401 and log_in(stack, "bob@example.com").status == 200

        told = deletions(stack, len(sids))
        assert told.keys() == sids and {(str(e["organization_id"]), e["reason"]) for e in told.values()} == {(org, "user")}
        folder = pathlib.Path(stack.env["RECORDINGS_DIR"])
        until("its recordings gone, and no other", 30, lambda: {p.stem for p in folder.glob("*.mp3")} == others)
        assert not stack.sql("SELECT service, reason FROM dead_letter")

        again = remove(stack, org, "Office")
        assert again.returncode == 1 and "no such organization" in again.stderr, again


if __name__ == "__main__":
    main()
