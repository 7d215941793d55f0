"""What is away comes back, what is broken is set aside, and nothing is lost meanwhile: bad configuration, malformed
events, PostgreSQL, the registry, the mail server and the speech engine gone at the start or later, a full disk,
SIGTERM under load. Each test is a story; `failures_test.py NAME` tells one."""
import datetime
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from mailbox import Mailbox  # noqa: E402
from proxy import Proxy  # noqa: E402
from office import FAST, all_reported, an_organization, place_calls  # noqa: E402
from stack import SERVICES, Stack, free_port, get_status, http, until  # noqa: E402

from confluent_kafka import Consumer, Producer  # noqa: E402
from confluent_kafka.schema_registry.avro import AvroSerializer  # noqa: E402
from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: E402


def proxied(stack, variable):
    """Puts a switch in front of the server that `variable` names."""
    url = urllib.parse.urlsplit(stack.env[variable])
    proxy = Proxy(free_port(), (url.hostname, url.port)).on()
    credentials = url.netloc.rpartition("@")[0]
    netloc = f"{credentials + '@' if credentials else ''}127.0.0.1:{proxy.port}"
    stack.env[variable] = url._replace(netloc=netloc).geturl()
    return proxy


def bad_configuration_stops_the_start_with_name_value_and_bound():
    with Stack("config") as stack:
        for service, name, value in (("transcriber", "HANDLERS", "0"), ("reporter", "SMTP_URL", "ftp://x"),
                                     ("call-ingest", "HTTP_ADDR", "nowhere"), ("api-gateway", "LOG_LEVEL", "loud")):
            done = subprocess.run([stack.bin / service], env={**stack.env, name: value}, capture_output=True, text=True,
                                  timeout=60)
            assert done.returncode == 78, (service, done.returncode, done.stderr)
            assert name in done.stderr and value in done.stderr, (service, done.stderr)


def a_taken_address_ends_the_start_and_is_named():
    with Stack("taken") as stack, socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for service, database in (("call-ingest", stack.worker_url), ("api-gateway", stack.api_role_url)):
            done = subprocess.run([stack.bin / service], capture_output=True, text=True, timeout=60,
                                  env={**stack.env, "DATABASE_URL": database, "ADMIN_ADDR": "127.0.0.1:0",
                                       "HTTP_ADDR": address})
            assert done.returncode == 70, (service, done.returncode, done.stderr)
            assert address in done.stderr, (service, done.stderr)


def a_malformed_event_is_set_aside_with_its_reason_and_the_rest_goes_on():
    with Stack("poison", **FAST) as stack:
        an_organization(stack)
        stack.start_all()
        topic = stack.env["TOPIC_PREFIX"] + "call.transcribed"
        poison = (b"", b"\x00", b"\x01garbage", b"\x00\x7f\xff\xff\xffx", b"\x00\x00\x00\x00\x01\x02\x04")
        producer = Producer({"bootstrap.servers": stack.env["KAFKA_BROKERS"]})
        for value in poison:
            producer.produce(topic, key=b"k", value=value)
        assert producer.flush(30) == 0
        place_calls(stack, 5)
        all_reported(stack, 5)

        consumer = Consumer({"bootstrap.servers": stack.env["KAFKA_BROKERS"], "group.id": stack.database,
                             "auto.offset.reset": "earliest"})
        consumer.subscribe([stack.env["TOPIC_PREFIX"] + "dead-letter.todo-extractor"])
        dead = []

        def all_dead():
            message = consumer.poll(1.0)
            if message is not None and not message.error():
                dead.append(message)
            return len(dead) >= len(poison)
        until("the dead letters", 60, all_dead, every=0)
        consumer.close()
        assert sorted(m.value() or b"" for m in dead) == sorted(poison), "values changed"
        headers = dict(dead[0].headers())
        assert headers["__connect.errors.topic"].decode() == topic, headers
        assert headers["__connect.errors.exception.message"], headers
        assert len(stack.callmill("dlq", "list", "--service", "todo-extractor", "--json")) == len(poison)


def without_the_database_webhooks_get_503_and_nothing_is_lost():
    with Stack("database", **FAST) as stack:
        an_organization(stack)
        database = proxied(stack, "DATABASE_URL")
        database.off()
        for service in SERVICES:
            if service != "api-gateway":
                stack.start(service)
        admin = f"http://127.0.0.1:{stack.ports['call-ingest']}"
        until("call-ingest is alive", 30, lambda: get_status(f"{admin}/healthz") == 200)
        assert get_status(f"{admin}/readyz") == 503
        database.on()
        for service in SERVICES:
            if service != "api-gateway":
                stack.wait_ready(service)

        place_calls(stack, 20)
        until("some calls", 30, lambda: stack.one("SELECT count(*) FROM call") >= 5)
        for _ in range(3):
            database.off()
            until("not ready", 30, lambda: get_status(f"{admin}/readyz") == 503)
            refused = http("POST", f"{stack.ingest}/twilio/status", b"CallSid=x")
            assert refused.status in (403, 503), refused.status
            database.on()
            until("ready again", 60, lambda: get_status(f"{admin}/readyz") == 200)
        all_reported(stack, 20)


def without_the_registry_services_wait_for_it():
    with Stack("registry", **FAST) as stack:
        an_organization(stack)
        registry = proxied(stack, "SCHEMA_REGISTRY_URL")
        registry.off()
        for service in SERVICES:
            stack.start(service)
        admin = f"http://127.0.0.1:{stack.ports['todo-extractor']}"
        until("alive", 30, lambda: get_status(f"{admin}/healthz") == 200)
        assert get_status(f"{admin}/readyz") == 503
        registry.on()
        for service in SERVICES:
            stack.wait_ready(service)
        place_calls(stack, 5)
        all_reported(stack, 5)


class Refusing(BaseHTTPRequestHandler):
    """The registry, but for an access list that forbids to read schemas."""
    real = ""

    def forward(self):
        if self.path.startswith("/schemas/ids/"):
            status, body = 403, b'{"error_code": 40301, "message": "forbidden"}'
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            request = urllib.request.Request(self.real + self.path, body, method=self.command,
                                             headers={"Content-Type": "application/vnd.schemaregistry.v1+json"})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as answer:
                status, body = answer.code, answer.read()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = forward

    def log_message(self, *_):
        pass


def a_registry_that_refuses_ends_the_process_and_buries_nothing():
    with Stack("refused", **FAST) as stack:
        an_organization(stack)
        Refusing.real = stack.env["SCHEMA_REGISTRY_URL"]
        refusing = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        others = [service for service in SERVICES if service != "todo-extractor"]
        stack.start_all(others)
        place_calls(stack, 5)
        until("transcripts", 60, lambda: stack.one("SELECT count(*) FROM transcription") == 5)

        stack.start("todo-extractor", SCHEMA_REGISTRY_URL=f"http://127.0.0.1:{refusing.server_port}")
        until("the end of the process", 60, lambda: stack.processes["todo-extractor"].poll() is not None)
        assert stack.processes["todo-extractor"].returncode == 70, stack.log_tail("todo-extractor")
        assert not stack.sql("SELECT 1 FROM dead_letter"), stack.log_tail("todo-extractor")
        refusing.shutdown()

        stack.start("todo-extractor")
        all_reported(stack, 5)


def broker_pid(stack):
    """The broker that tests/run started, found by the port that its properties name."""
    port = stack.env["KAFKA_BROKERS"].rpartition(":")[2]
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text().split("\0")
            if "kafka.Kafka" in words and f"127.0.0.1:{port}\n" in pathlib.Path(words[-2]).read_text():
                return int(process.name)
        except (OSError, IndexError):
            continue
    raise AssertionError(f"no broker of ours listens on {port}")


def without_the_broker_webhooks_are_taken_and_published_later():
    with Stack("broker", **FAST) as stack:
        an_organization(stack)
        stack.start_all()
        place_calls(stack, 20)
        until("some calls", 30, lambda: stack.one("SELECT count(*) FROM call") >= 5)
        broker = broker_pid(stack)
        os.kill(broker, signal.SIGSTOP)
        try:
            until("all calls taken without a broker", 60, lambda: stack.one("SELECT count(*) FROM call") == 20)
            until("events waiting in the outbox", 30, lambda: stack.one("SELECT count(*) FROM outbox") > 0)
        finally:
            os.kill(broker, signal.SIGCONT)
        all_reported(stack, 20)


def without_mail_and_speech_calls_wait_and_are_finished_later():
    with Stack("outside", **FAST) as stack:
        an_organization(stack)
        mailbox = Mailbox(stack.ports["smtp"])
        mailbox.start()
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        mail, speech = proxied(stack, "SMTP_URL"), proxied(stack, "SPEECH_URL")
        mail.off()
        speech.off()
        stack.start_all()
        place_calls(stack, 10)
        until("all recordings", 60, lambda: stack.one("SELECT count(*) FROM call WHERE has_recording") == 10)
        until("a try", 30, lambda: stack.sql("SELECT 1 FROM call_step WHERE step = 'transcribe' AND reason IS NOT NULL"))
        assert not stack.sql("SELECT 1 FROM transcription")
        speech.on()
        until("transcripts", 60, lambda: stack.one("SELECT count(*) FROM transcription") == 10)
        until("a try", 30, lambda: stack.sql("SELECT 1 FROM call_step WHERE step = 'report' AND reason IS NOT NULL"))
        assert not mailbox.by_message_id()
        mail.on()
        all_reported(stack, 10)
        assert len(mailbox.by_message_id()) == len(mailbox.messages) == 10
        mailbox.stop()


def delete_call(stack, call):
    """As the API does it: the row, with all that hangs on it, and the event."""
    topic = stack.env["TOPIC_PREFIX"] + "call.deleted"
    schema = pathlib.Path(__file__).resolve().parents[3] / "schemas/avro/call-deleted.avsc"
    write = AvroSerializer(stack.registry, schema.read_text())
    event = {"event_id": uuid.uuid4(), "occurred_at": datetime.datetime.now(datetime.timezone.utc),
             "organization_id": uuid.UUID(call["organization_id"]), "call_id": uuid.UUID(call["id"]),
             "call_sid": call["call_sid"], "reason": "user"}
    stack.execute(f"DELETE FROM call WHERE id = '{call['id']}'")
    producer = Producer({"bootstrap.servers": stack.env["KAFKA_BROKERS"]})
    producer.produce(topic, key=call["id"], value=write(event, SerializationContext(topic, MessageField.VALUE)))
    assert producer.flush(30) == 0


def a_call_that_is_deleted_on_its_way_leaves_nothing():
    with Stack("deleted", **FAST) as stack:
        an_organization(stack)
        speech = proxied(stack, "SPEECH_URL")
        speech.off()
        stack.start_all()
        place_calls(stack, 4)
        until("all recordings", 60, lambda: stack.one("SELECT count(*) FROM call WHERE has_recording") == 4)
        until("a try", 30, lambda: stack.sql("SELECT 1 FROM call_step WHERE step = 'transcribe' AND reason IS NOT NULL"))
        gone, early = stack.sql("SELECT id, organization_id, call_sid FROM call ORDER BY created_at LIMIT 2")
        delete_call(stack, gone)
        folder = pathlib.Path(stack.env["RECORDINGS_DIR"])
        until("its recording gone", 30, lambda: not (folder / f"{gone['call_sid']}.mp3").exists())
        assert len(list(folder.iterdir())) == 3

        speech.on()
        until("transcripts", 60, lambda: stack.one("SELECT count(*) FROM transcription") == 3)
        delete_call(stack, early)  # while the three in the middle, or the reporter, are at it
        all_reported(stack, 2)
        until("its recording gone too", 30, lambda: len(list(folder.iterdir())) == 2)
        until("nothing on its way", 30, lambda: stack.one("SELECT count(*) FROM outbox") == 0)
        left = stack.sql("""SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                            WHERE c.relkind = 'r' AND a.attname = 'call_id' AND c.relnamespace = 'public'::regnamespace""")
        assert len(left) >= 10, left
        for table in left:
            assert not stack.sql(f"SELECT 1 FROM {table['relname']} WHERE call_id IN ('{gone['id']}', '{early['id']}')"), table
        assert not stack.sql("SELECT 1 FROM dead_letter")


def a_refused_recipient_keeps_the_report_from_nobody_else():
    with Stack("refused-mail", **FAST) as stack:
        an_organization(stack)
        stack.execute("UPDATE organization SET report_recipients = '{nobody@example.com,ada@example.com}'")
        mailbox = Mailbox(stack.ports["smtp"], unwanted={"nobody@example.com"})
        mailbox.start()
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        stack.start_all()
        place_calls(stack, 3)
        all_reported(stack, 3)
        assert [to for to, _ in sum(mailbox.by_message_id().values(), [])] == [["ada@example.com"]] * 3
        assert stack.sql("SELECT DISTINCT reason FROM call_step WHERE step = 'report'") == \
            [{"reason": "1 of 2 recipients was refused: 550 5.1.1"}]
        assert "nobody@" not in (stack.dir / "reporter.log").read_text()
        mailbox.stop()


def steps_of(stack, count):
    """The steps of the calls as "step state reason", if all calls have the same; else nothing."""
    steps = stack.sql("SELECT step, state, reason, count(*) FROM call_step GROUP BY 1, 2, 3")
    if any(s["count"] != count for s in steps):
        return None
    return {f"{s['step']} {s['state']} {s['reason'] or ''}".strip() for s in steps}


def what_waits_behind_a_failed_step_says_so_and_follows_when_that_is_driven_again():
    middle = ("enrich", "analyze", "extract-todos")
    with Stack("again", **FAST) as stack:
        speech = an_organization(stack)
        speech.refuses = "this cannot be heard"
        stack.start("call-ingest", RETRY_ATTEMPTS="1")  # the first 404 is one too many
        for service in SERVICES:
            if service != "call-ingest":
                stack.start(service)
        for service in SERVICES:
            stack.wait_ready(service)
        place_calls(stack, 3, "--not-ready", "1")

        def failed(step, done):
            why = stack.sql(f"SELECT DISTINCT reason FROM call_step WHERE step = '{step}' AND state = 'failed'")
            behind = f"waiting behind {step}, which failed"
            later = ("report", *middle) if done else ("report", *middle, "transcribe")
            return len(why) == 1 and steps_of(stack, 3) == {
                f"{step} failed {why[0]['reason']}", *(f"{s} {behind}" for s in later), *(f"{s} done" for s in done)}
        until("nothing recorded", 60, lambda: failed("record", ()))
        assert len(stack.callmill("dlq", "replay", "--all", "--json")) == 3
        until("nothing transcribed", 60, lambda: failed("transcribe", ("record",)))
        assert not stack.sql("SELECT 1 FROM report"), "a report of a call that nobody could read"

        stack.stop("transcriber")
        speech.refuses = None
        assert len(stack.callmill("dlq", "replay", "--all", "--service", "transcriber", "--json")) == 3
        assert steps_of(stack, 3) == {"record done", *(f"{s} waiting" for s in ("transcribe", "report", *middle))}
        stack.start("transcriber")
        all_reported(stack, 3)
        assert not stack.sql("SELECT 1 FROM dead_letter")


def a_full_disk_delays_a_recording_and_loses_nothing():
    with Stack("disk", **FAST) as stack:
        an_organization(stack)
        disk = stack.dir / "recordings"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
        try:
            (disk / "ballast").write_bytes(b"x" * 60000)
            stack.start_all()
            place_calls(stack, 3)
            until("a refused write", 60, lambda: stack.sql(
                "SELECT 1 FROM call_step WHERE step = 'record' AND reason LIKE '%space%'"))
            (disk / "ballast").unlink()
            subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
            all_reported(stack, 3)
        finally:
            for name in list(stack.processes):
                stack.stop(name)
            subprocess.run(["umount", disk], check=True)


def sigterm_under_load_loses_nothing_and_ends_with_0():
    with Stack("sigterm", **FAST) as stack:
        an_organization(stack)
        stack.start_all()
        place_calls(stack, 40)
        for service in SERVICES * 2:
            began = time.monotonic()
            code = stack.stop(service, 40)
            assert code == 0, f"{service} ended with {code} after {time.monotonic() - began:.0f} s\n" + \
                stack.log_tail(service)
            stack.start(service)
        for service in SERVICES:
            stack.wait_ready(service)
        all_reported(stack, 40)


STORIES = (bad_configuration_stops_the_start_with_name_value_and_bound,
           a_taken_address_ends_the_start_and_is_named,
           a_malformed_event_is_set_aside_with_its_reason_and_the_rest_goes_on,
           without_the_database_webhooks_get_503_and_nothing_is_lost,
           without_the_registry_services_wait_for_it,
           a_registry_that_refuses_ends_the_process_and_buries_nothing,
           without_the_broker_webhooks_are_taken_and_published_later,
           without_mail_and_speech_calls_wait_and_are_finished_later,
           a_call_that_is_deleted_on_its_way_leaves_nothing,
           a_refused_recipient_keeps_the_report_from_nobody_else,
           what_waits_behind_a_failed_step_says_so_and_follows_when_that_is_driven_again,
           a_full_disk_delays_a_recording_and_loses_nothing,
           sigterm_under_load_loses_nothing_and_ends_with_0)

if __name__ == "__main__":
    for story in STORIES:
        if not sys.argv[1:] or story.__name__ in sys.argv[1:]:
            story()
            print(f"ok {story.__name__}", flush=True)
