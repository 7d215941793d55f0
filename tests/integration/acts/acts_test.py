"""What people do to calls by the API, with the whole pipeline at work: deleting calls in the midst of it, bringing an old
recording in, driving failed steps again. Each test is a story; `acts_test.py NAME` tells one."""
import json
import pathlib
import random
import subprocess
import sys
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from mailbox import Mailbox  # noqa: E402
from office import FAST, NUMBER, all_reported, an_organization, place_calls  # noqa: E402
from stack import SERVICES, Stack, get_status, http, until  # noqa: E402

from confluent_kafka import Consumer, TopicPartition  # noqa: E402
from confluent_kafka.schema_registry.avro import AvroDeserializer  # noqa: E402

PASSWORD = "correct horse battery staple"


class Office:
    """A Stack with an organization, somebody who is logged in there, and a mailbox."""

    def __init__(self, name, **settings):
        self.stack = Stack(name, **{**FAST, **settings})

    def __enter__(self):
        self.stack.__enter__()
        try:
            self.open(self.stack)
        except BaseException:
            self.stack.__exit__(*sys.exc_info())
            raise
        return self

    def open(self, stack):
        self.speech = an_organization(stack)
        stack.callmill("user", "add", "--org", stack.one("SELECT id FROM organization"), "--email", "ada@example.com", "--role", "member",
                       "--password-file", "-", "--json", stdin=PASSWORD)
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        self.mailbox = Mailbox(stack.ports["smtp"])
        self.mailbox.start()
        stack.start_all()
        answer = http("POST", f"{stack.api}/api/session", {"email": "ada@example.com", "password": PASSWORD})
        self.headers = {"Authorization": f"Bearer {answer.json['token']}"}

    def __exit__(self, *failure):
        self.mailbox.stop()
        self.stack.__exit__(*failure)

    def ask(self, method, path, body=None, **headers):
        return http(method, self.stack.api + path, body, {**self.headers, **headers})

    def step(self, call, step):
        return next((s for s in self.ask("GET", f"/api/calls/{call}").json["steps"] if s["step"] == step), None)


def messages(stack, name):
    """All that is on a topic, from its beginning to its end, as (key, value)."""
    topic = stack.env["TOPIC_PREFIX"] + name
    consumer = Consumer({"bootstrap.servers": stack.env["KAFKA_BROKERS"], "group.id": f"{stack.database}-judge",
                         "enable.auto.commit": False})
    ends = {}
    for partition in consumer.list_topics(topic, timeout=30).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        if high > low:
            ends[partition] = (low, high)
    consumer.assign([TopicPartition(topic, partition, low) for partition, (low, _) in ends.items()])
    found = []

    def read_to_the_end():
        message = consumer.poll(1.0)
        if message is not None and not message.error():
            found.append((message.key().decode(), message.value()))
            if message.offset() == ends[message.partition()][1] - 1:
                del ends[message.partition()]
        return not ends
    if ends:
        until(f"the end of {topic}", 60, read_to_the_end, every=0)
    consumer.close()
    return found


def events(stack, name):
    decode = AvroDeserializer(stack.registry)
    return [decode(value, None) for _, value in messages(stack, name)]


def all_published(stack):
    until("the outbox empty", 60, lambda: stack.one("SELECT count(*) FROM outbox") == 0)


# ---- deleting ----------------------------------------------------------------------------------------------------


def write_slowly(stack):
    """Every row that a step writes takes a moment, so that calls go away in the midst of the transaction."""
    stack.execute("""CREATE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN PERFORM pg_sleep(0.05 * random()); RETURN NEW; END $$""")
    for table in ("transcription", "analysis_run", "todo", "report", "call_step"):
        stack.execute(f"""CREATE TRIGGER take_a_moment BEFORE INSERT OR UPDATE ON {table}
                          FOR EACH ROW EXECUTE FUNCTION take_a_moment()""")


def delete_as_they_come(office, total, wanted, rng):
    """Deletes calls in whatever state they are, until so many are gone; gives their ids and sids, and counts."""
    gone, seen = {}, {"deleted": 0, "gave way": 0}

    def one_more():
        left = [c for c in office.stack.sql("SELECT id, call_sid FROM call") if c["id"] not in gone]
        for call in rng.sample(left, min(2, len(left))):
            answer = office.ask("DELETE", f"/api/calls/{call['id']}")
            # 503: it met a step that held one of its rows, and gave way.
            assert answer.status in (204, 503), answer.text
            seen["deleted" if answer.status == 204 else "gave way"] += 1
            if answer.status == 204:
                gone[call["id"]] = call["call_sid"]
        return len(gone) >= wanted
    until(f"{wanted} of {total} calls deleted", 120, one_more, every=0.05)
    return gone, seen


def nothing_is_left_of(stack, gone):
    ids = ", ".join(f"'{call}'" for call in gone)
    for table in stack.sql("""SELECT table_name AS name FROM information_schema.columns
                              WHERE column_name = 'call_id' AND table_schema = 'public'"""):
        left = stack.one(f"SELECT count(*) FROM {table['name']} WHERE call_id IN ({ids})")
        assert left == 0, f"{left} rows in {table['name']}"
    assert not stack.sql("SELECT call_sid FROM call JOIN deleted_call USING (call_sid)"), "a call came back"
    assert not stack.sql("SELECT service, step, class, reason FROM dead_letter"), "a dead letter was kept"
    for service in SERVICES:
        if service != "api-gateway":
            assert not messages(stack, f"dead-letter.{service}"), f"{service} told of a deleted call's words"


def calls_that_are_deleted_while_they_are_worked_on_leave_no_trace():
    rng, total, wanted = random.Random(7), 80, 60
    with Office("acts-delete", BATCH_MAX="8") as office:
        stack = office.stack
        write_slowly(stack)
        # Callbacks come in any order and again, some of them after their call is gone.
        place_calls(stack, total, "--shuffle", "--repeat", "50")
        gone, seen = delete_as_they_come(office, total, wanted, rng)
        until("the others", 60, lambda: stack.one("SELECT count(*) FROM call") >= total - len(gone), every=0.3)
        all_reported(stack, total - len(gone))
        all_published(stack)

        nothing_is_left_of(stack, gone)
        told = {e["call_id"]: (e["call_sid"], e["reason"]) for e in map(readable, events(stack, "call.deleted"))}
        assert told == {call: (sid, "user") for call, sid in gone.items()}
        for service in SERVICES:
            assert get_status(f"http://127.0.0.1:{stack.ports[service]}/readyz") == 200, stack.log_tail(service)
            assert "event given up" not in (stack.dir / f"{service}.log").read_text(), stack.log_tail(service)
        recordings = pathlib.Path(stack.env["RECORDINGS_DIR"])
        until("the recordings of those that are gone removed", 30,
              lambda: not {p.name.split(".")[0] for p in recordings.iterdir()} & set(gone.values()))
        nobody_is_stuck(office)
        print(json.dumps({**seen, "events dropped": {s: events_dropped(stack, s) for s in SERVICES if s != "api-gateway"}}))


def events_dropped(stack, service):
    return sum(int(value) for name, value in stack.metrics(service).items() if 'outcome="gone"' in name)


def readable(event):
    return {name: str(value) for name, value in event.items()}


def nobody_is_stuck(office):
    """One more call goes all the way."""
    before = office.stack.one("SELECT count(*) FROM report WHERE state = 'sent'")
    answer = bring_in(office, (office.stack.dir / "call.mp3").read_bytes())
    assert answer.status == 201, answer.text
    all_reported(office.stack, before + 1)


# ---- bringing in -------------------------------------------------------------------------------------------------


def bring_in(office, body, **query):
    query = {"from": "+15551234567", "to": NUMBER, "started_at": "2026-10-01T09:30:00Z", **query}
    return office.ask("POST", "/api/calls/import?" + urllib.parse.urlencode(query), body, **{"Content-Type": "audio/mpeg"})


def an_old_recording_goes_all_the_way():
    with Office("acts-import") as office:
        stack, body = office.stack, (office.stack.dir / "call.mp3").read_bytes()
        call = bring_in(office, body).json
        all_reported(stack, 1, 60)
        all_published(stack)

        details = office.ask("GET", f"/api/calls/{call['id']}").json
        assert "Ada Lovelace" in details["transcription"] and len(details["analysis_groups"]) == 3, details
        assert details["created_at"] == "2026-10-01T09:30:00.000000Z" and details["contact"]["name"] == "Ada Lovelace"
        assert office.ask("GET", f"/api/calls/{call['id']}/recording").body == body
        assert len(office.mailbox.messages) == 1 and details["report"]["message_id"] == office.mailbox.messages[0][0]
        (started,), (ended,), (recorded,) = (events(stack, f"call.{name}") for name in ("started", "ended", "recorded"))
        assert [str(e["call_id"]) for e in (started, ended, recorded)] == 3 * [call["id"]]
        assert str(started["contact_id"]) == call["contact_id"] and started["status"] == ended["status"] == "completed"
        assert recorded["size_bytes"] == len(body) and ended["duration_ms"] == recorded["duration_ms"] == call["duration_ms"]
        assert not messages(stack, "recording.available"), "call-ingest was sent to Twilio for it"


# ---- driving again -----------------------------------------------------------------------------------------------


def a_step_that_failed_for_good_is_driven_again_and_mailed_once():
    with Office("acts-retry") as office:
        stack = office.stack
        office.speech.refuses = "no such model"
        place_calls(stack, 1)
        call = until("a call", 30, lambda: stack.sql("SELECT id FROM call"))[0]["id"]
        failed = until("a transcription given up", 60,
                       lambda: (s := office.step(call, "transcribe")) and s["state"] == "failed" and s)
        assert "no such model" in failed["reason"], failed
        assert office.ask("POST", f"/api/calls/{call}/steps/enrich/retry").status == 409

        again = office.ask("POST", f"/api/calls/{call}/steps/transcribe/retry")  # the engine still refuses
        assert again.status == 202 and again.json["state"] == "waiting", again.text
        until("given up once more", 60, lambda: stack.one("SELECT count(*) FROM dead_letter") == 1)

        office.speech.refuses = None
        assert office.ask("POST", f"/api/calls/{call}/steps/transcribe/retry").status == 202
        all_reported(stack, 1, 60)
        all_published(stack)
        assert [s["state"] for s in office.ask("GET", f"/api/calls/{call}").json["steps"]] == 6 * ["done"]
        assert not stack.sql("SELECT 1 FROM dead_letter") and not stack.sql("SELECT 1 FROM inbox WHERE outcome = 'dead'")
        assert len(office.mailbox.messages) == 1
        assert office.ask("POST", f"/api/calls/{call}/steps/transcribe/retry").status == 409


def twilio(stack, seed):
    """Twilio, with one finished call of that seed, which nobody has told of; gives the call's sid."""
    with open(stack.dir / f"twilio-{seed}.json", "wb") as out:
        stack.processes["twilio"] = subprocess.Popen(
            [stack.bin / "callsim", "serve", "--public", stack.ingest, "--listen", f"127.0.0.1:{stack.ports['twilio']}",
             "--audio", stack.dir / "call.mp3", "--to", NUMBER, "--seed", str(seed)], env=stack.env, stdout=out)

    def world():
        text = (stack.dir / f"twilio-{seed}.json").read_text()
        return text.endswith("\n") and json.loads(text)
    return until("Twilio's side", 20, world)["calls"][0]["call_sid"]


def a_recording_that_twilio_had_not_is_found_when_somebody_asks_again():
    with Office("acts-record") as office:
        stack, call = office.stack, str(uuid.uuid4())
        sid = twilio(stack, 2)
        stack.stop("twilio")
        twilio(stack, 3)  # does not know that call
        stack.execute(f"""
            INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status,
                              recorded, recording_awaited, started_at, ended_at)
            SELECT '{call}', '{sid}', organization_id, id, '+15551234567', number, 'inbound', 'completed', true, true,
                   now() - interval '2 minutes', now() - interval '1 minute' FROM phone_number;
            INSERT INTO call_status (call_id, organization_id, status, source, occurred_at, is_timed, duration_ms)
            SELECT id, organization_id, status, 'webhook', ended_at, true, 60000 FROM call""")
        failed = until("the recording given up", 60, lambda: (s := office.step(call, "record")) and s["state"] == "failed" and s)
        assert "does not know" in failed["reason"], failed

        assert office.ask("POST", f"/api/calls/{call}/steps/record/retry").json["state"] == "waiting"
        until("given up once more", 60, lambda: office.step(call, "record")["state"] == "failed")
        stack.stop("twilio")
        twilio(stack, 2)
        assert office.ask("POST", f"/api/calls/{call}/steps/record/retry").json["state"] == "waiting"
        all_reported(stack, 1, 60)
        assert office.ask("GET", f"/api/calls/{call}").json["has_recording"]


STORIES = (calls_that_are_deleted_while_they_are_worked_on_leave_no_trace, an_old_recording_goes_all_the_way,
           a_step_that_failed_for_good_is_driven_again_and_mailed_once,
           a_recording_that_twilio_had_not_is_found_when_somebody_asks_again)

if __name__ == "__main__":
    for story in STORIES:
        if not sys.argv[1:] or story.__name__ in sys.argv[1:]:
            story()
            print(f"ok {story.__name__}", flush=True)
