"""Calls whose recordings are kept in a bucket: services that share no folder, an object store that goes away, a browser that
asks for parts, a call that is deleted. `story_test.py NAME` tells one."""
import concurrent.futures
import hashlib
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from object_store import BUCKET, SECRET, ObjectStore  # noqa: E402
from office import FAST, NUMBER, all_reported, an_organization, place_calls  # noqa: E402
from proxy import Proxy  # noqa: E402
from stack import SERVICES, Stack, free_port, get_status, http, until  # noqa: E402

PASSWORD = "correct horse battery staple"


class Bucket:
    """A Stack that keeps recordings in a bucket, each service with a folder of its own for what is under way."""

    def __init__(self, name, **settings):
        self.store = ObjectStore()
        self.stack = Stack(name, **{**FAST, **self.store.environment, "RECORDINGS_URL": f"s3://{BUCKET}/kept+here", **settings})

    def __enter__(self):
        self.store.start()
        stack = self.stack.__enter__()
        an_organization(stack)
        stack.callmill("user", "add", "--org", stack.one("SELECT id FROM organization"), "--email", "ada@example.com", "--role", "member",
                       "--password-file", "-", "--json", stdin=PASSWORD)
        for service in SERVICES:
            (stack.dir / "work" / service).mkdir(parents=True)
            self.start(service)
        for service in SERVICES:
            stack.wait_ready(service)
        token = http("POST", f"{stack.api}/api/session", {"email": "ada@example.com", "password": PASSWORD}).json["token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        return self

    def __exit__(self, *failure):
        self.stack.__exit__(*failure)
        self.store.__exit__(*failure)

    def start(self, service, **settings):
        self.stack.start(service, RECORDINGS_DIR=str(self.stack.dir / "work" / service), **settings)

    def ask(self, method, path, body=None, **headers):
        return http(method, self.stack.api + path, body, {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def key(self, call_sid):
        return f"kept+here/{call_sid}.mp3"

    def nothing_under_way(self):
        return not [p for p in (self.stack.dir / "work").rglob("*") if p.is_file()] and not any((self.stack.dir / "recordings").iterdir())


def doctor(stack):
    """Other checks may fail: the models are not where it looks."""
    done = subprocess.run([stack.bin / "callmill", "doctor", "--json"], env=stack.env, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def ranges_are_right(bucket, path, body):
    size = len(body)
    whole = bucket.ask("GET", path)
    assert whole.status == 200 and whole.body == body and whole.headers["Content-Type"] == "audio/mpeg"
    assert whole.headers["Accept-Ranges"] == "bytes" and whole.headers["Cache-Control"] == "private, no-cache"
    etag = whole.headers["ETag"]
    for asked, first, last in (("0-0", 0, 0), ("10-19", 10, 19), (f"{size - 5}-", size - 5, size - 1), ("-7", size - 7, size - 1),
                               (f"100-{size * 2}", 100, size - 1), ("0-", 0, size - 1)):
        part = bucket.ask("GET", path, Range=f"bytes={asked}")
        assert part.status == 206 and part.body == body[first:last + 1], (asked, part.status, len(part.body))
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}" and part.headers["ETag"] == etag
    behind = bucket.ask("GET", path, Range=f"bytes={size}-")
    assert behind.status == 416 and behind.headers["Content-Range"] == f"bytes */{size}"
    assert bucket.ask("GET", path, If_None_Match=etag).status == 304
    assert bucket.ask("GET", path, If_None_Match='"other"').body == body
    assert bucket.ask("GET", path, Range="bytes=1-2", If_Range=etag).status == 206
    assert bucket.ask("GET", path, Range="bytes=1-2", If_Range='"other"').body == body
    head = bucket.ask("HEAD", path)
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(size) and head.headers["ETag"] == etag


def a_call_goes_all_the_way_without_a_shared_folder():
    with Bucket("s3-story") as bucket:
        stack, body = bucket.stack, (bucket.stack.dir / "call.mp3").read_bytes()
        place_calls(stack, 3)
        all_reported(stack, 3)
        calls = stack.sql("SELECT id, call_sid FROM call ORDER BY id")
        assert bucket.store.keys() == sorted(bucket.key(c["call_sid"]) for c in calls)
        assert bucket.nothing_under_way()
        assert all(bucket.store.read(bucket.key(c["call_sid"])) == body for c in calls)
        call = calls[0]
        assert "Ada Lovelace" in bucket.ask("GET", f"/api/calls/{call['id']}").json["transcription"]
        ranges_are_right(bucket, f"/api/calls/{call['id']}/recording", body)

        assert bucket.ask("DELETE", f"/api/calls/{call['id']}").status == 204
        until("the object removed", 30, lambda: bucket.store.read(bucket.key(call["call_sid"])) is None)
        assert bucket.ask("GET", f"/api/calls/{call['id']}/recording").status == 404
        assert len(bucket.store.keys()) == 2

        query = {"from": "+15551234567", "to": NUMBER, "started_at": "2026-10-01T09:30:00Z"}
        brought = bucket.ask("POST", "/api/calls/import?" + urllib.parse.urlencode(query), body, Content_Type="audio/mpeg")
        assert brought.status == 201, brought.text
        all_reported(stack, 3)
        assert bucket.ask("GET", f"/api/calls/{brought.json['id']}/recording").body == body
        assert bucket.nothing_under_way() and len(bucket.store.keys()) == 3
        found = {row["check"]: row for row in doctor(stack)}
        assert found["recordings"]["level"] == "ok" and BUCKET in found["recordings"]["found"], found["recordings"]
        for service in SERVICES:
            assert SECRET not in (stack.dir / f"{service}.log").read_text(), service


def a_store_that_is_away_is_waited_for():
    with Bucket("s3-away") as bucket:
        stack = bucket.stack
        bucket.store.stop()
        place_calls(stack, 2)
        until("the download waiting for the store", 60, lambda: "object store, put" in (stack.dir / "call-ingest.log").read_text())
        assert not stack.sql("SELECT 1 FROM recording WHERE state <> 'available'"), "a row before its object"
        bucket.store.start()
        all_reported(stack, 2)
        (first, _) = stack.sql("SELECT id FROM call ORDER BY id")
        bucket.store.stop()
        gone = bucket.ask("GET", f"/api/calls/{first['id']}/recording")
        assert gone.status == 503 and gone.headers["Retry-After"], gone.status


def highest_memory_kb(stack):
    status = pathlib.Path(f"/proc/{stack.processes['api-gateway'].pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def services_that_are_killed_lose_no_recording():
    with Bucket("s3-killed") as bucket:
        stack, body, total = bucket.stack, (bucket.stack.dir / "call.mp3").read_bytes(), 40
        place_calls(stack, total)
        until("the first object", 60, bucket.store.keys, every=0.02)
        for _ in range(4):
            for service in ("call-ingest", "transcriber"):
                stack.kill(service)
                bucket.start(service)
            for service in ("call-ingest", "transcriber"):
                stack.wait_ready(service)
        all_reported(stack, total)
        calls = stack.sql("SELECT c.call_sid, r.sha256, r.size_bytes FROM call c JOIN recording r ON r.call_id = c.id AND r.is_call_file")
        assert len(calls) == total and bucket.store.keys() == sorted(bucket.key(c["call_sid"]) for c in calls)
        assert {(c["sha256"], c["size_bytes"]) for c in calls} == {(hashlib.sha256(body).hexdigest(), len(body))}
        assert all(bucket.store.read(bucket.key(c["call_sid"])) == body for c in calls)


def connection(bucket, path):
    """A client that asks and does not read."""
    s = socket.create_connection(("127.0.0.1", bucket.stack.ports["api"]), timeout=20)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bucket.headers['Authorization']}\r\n\r\n".encode())
    return s


def listeners_are_bounded_and_slow_ones_hold_nobody_else():
    with Bucket("s3-listeners", API_RECORDINGS="4", API_LOOPS="1") as bucket:
        stack = bucket.stack
        place_calls(stack, 1)
        all_reported(stack, 1)
        (call,) = stack.sql("SELECT id, call_sid FROM call")
        body = (stack.dir / "call.mp3").read_bytes()
        long = body * (1 + 24 * 1024 * 1024 // len(body))  # more than sockets and pipes hold
        file = stack.dir / "long.mp3"
        file.write_bytes(long)
        assert bucket.store.curl("-T", file, path="/" + bucket.key(call["call_sid"]).replace("+", "%2B")) == "200"
        path = f"/api/calls/{call['id']}/recording"

        before_kb = highest_memory_kb(stack)
        slow = [connection(bucket, path) for _ in range(4)]
        heads = [s.recv(512) for s in slow]
        assert all(b" 200 " in head.split(b"\r\n")[0] for head in heads), heads
        refused = bucket.ask("GET", path)
        assert refused.status == 503 and refused.headers["Retry-After"], refused.status
        assert bucket.ask("GET", "/api/calls").status == 200
        for s in slow:
            s.close()
        until("room again", 30, lambda: bucket.ask("GET", path, Range="bytes=0-9").status == 206)
        until("all of them ended", 30, lambda: stack.metrics("api-gateway")["callmill_recordings_under_way"] == "0")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert all(answer.body == long for answer in pool.map(lambda _: bucket.ask("GET", path), range(4)))
        more_kb = highest_memory_kb(stack) - before_kb
        assert more_kb < len(long) // 1024 // 2, f"{more_kb} KiB more for a recording of {len(long) // 1024} KiB, four at a time"

        # Stopped while somebody listens: it ends in time, the listener is cut.
        listener = connection(bucket, path)
        assert b" 200 " in listener.recv(64)
        assert stack.stop("api-gateway") == 0, stack.log_tail("api-gateway")
        listener.close()


class Door(Proxy):
    """The way to the store, and to another that has the same bucket and takes another key."""

    def __init__(self):
        super().__init__(free_port(), None)

    def lead_to(self, store):
        if self.listener:
            self.off()
        self.target = ("127.0.0.1", store.port)
        self.on()


class SlowDoor(Door):
    pause_s = 0

    def next_target(self):
        time.sleep(self.pause_s)
        return self.target


def bring_in(bucket, body, key):
    query = {"from": "+15551234567", "to": NUMBER, "started_at": "2026-10-01T09:30:00Z"}
    return bucket.ask("POST", "/api/calls/import?" + urllib.parse.urlencode(query), body, Content_Type="audio/mpeg",
                      Idempotency_Key=key)


def a_store_that_takes_its_time_is_no_concern_of_the_database():
    """PostgreSQL ends transactions that are idle for twice DATABASE_TIMEOUT_MS: a second, here."""
    door = SlowDoor()
    bucket = Bucket("s3-slow", S3_ENDPOINT=f"http://127.0.0.1:{door.port}", DATABASE_TIMEOUT_MS="500")
    door.lead_to(bucket.store)
    with bucket:
        body = (bucket.stack.dir / "call.mp3").read_bytes()
        door.pause_s = 3
        door.lead_to(bucket.store)  # no connection of before is left
        brought = bring_in(bucket, body, "slow")
        assert brought.status == 201, brought.text
        again = bring_in(bucket, body, "slow")
        assert again.status == 201 and again.json["id"] == brought.json["id"], again.text
        assert bucket.store.keys() == [bucket.key(brought.json["call_sid"])]
        door.pause_s = 0
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: bring_in(bucket, body, "at-once"), range(4)))
        assert {(a.status, a.json.get("id")) for a in answers} == {(201, answers[0].json["id"])}, [a.text for a in answers]
        assert len(bucket.store.keys()) == 2 and bucket.stack.one("SELECT count(*) FROM call") == 2
        assert until("nothing under way", 10, bucket.nothing_under_way)


def refusals(stack, service):
    return sum(int(value) for key, value in stack.metrics(service).items()
               if key.startswith("callmill_object_store_requests_total") and 'outcome="refused"' in key)


def a_key_that_is_refused_later_is_waited_for():
    door = Door()
    bucket = Bucket("s3-later", S3_ENDPOINT=f"http://127.0.0.1:{door.port}")
    door.lead_to(bucket.store)
    with ObjectStore(secret="the-next-hush") as changed, bucket:
        stack, speech = bucket.stack, Proxy(free_port(), ("127.0.0.1", bucket.stack.ports["speech"]))
        assert stack.stop("transcriber") == 0
        bucket.start("transcriber", SPEECH_URL=f"http://127.0.0.1:{speech.port}")  # nobody answers there yet
        stack.wait_ready("transcriber")
        pids = {service: stack.processes[service].pid for service in SERVICES}

        # What cannot be put waits; Twilio notices nothing.
        door.lead_to(changed)
        place_calls(stack, 3)
        until("call-ingest refused", 60, lambda: refusals(stack, "call-ingest") >= 3)
        until("all webhooks answered", 60, lambda: stack.one("SELECT count(*) FROM call WHERE status = 'completed'") == 3)
        assert get_status(f"http://127.0.0.1:{stack.ports['call-ingest']}/readyz") == 200
        assert not stack.sql("SELECT 1 FROM recording WHERE state <> 'available'")
        log = (stack.dir / "call-ingest.log").read_text()
        assert "object store, put: 403" in log and "S3_SECRET_ACCESS_KEY" in log and SECRET not in log

        # It goes on by itself. What cannot be read waits, and what cannot be removed.
        door.lead_to(bucket.store)
        until("the recordings kept", 60, lambda: len(bucket.store.keys()) == 3)
        until("the transcriber waiting for speech", 60, lambda: str(speech.port) in (stack.dir / "transcriber.log").read_text())
        door.lead_to(changed)
        speech.on()
        until("the transcriber refused", 60, lambda: refusals(stack, "transcriber") >= 3)
        first = stack.sql("SELECT id, call_sid FROM call ORDER BY id")[0]
        assert bucket.ask("GET", f"/api/calls/{first['id']}/recording").status == 503
        before = refusals(stack, "call-ingest")
        assert bucket.ask("DELETE", f"/api/calls/{first['id']}").status == 204
        until("the deletion refused", 60, lambda: refusals(stack, "call-ingest") > before)

        door.lead_to(bucket.store)
        all_reported(stack, 2)
        until("the recording of the deleted call gone", 60, lambda: bucket.store.read(bucket.key(first["call_sid"])) is None)
        assert not stack.sql("SELECT service, reason FROM dead_letter")
        assert {service: stack.processes[service].pid for service in SERVICES if stack.processes[service].poll() is None} == pids
        assert bucket.nothing_under_way() and len(bucket.store.keys()) == 2


def a_key_that_is_refused_stops_the_service_with_words():
    with Bucket("s3-refused") as bucket:
        stack = bucket.stack
        assert stack.stop("call-ingest") == 0
        stack.start("call-ingest", S3_SECRET_ACCESS_KEY="not-this-one")
        assert stack.processes["call-ingest"].wait(60) != 0
        log = stack.log_tail("call-ingest", 4)
        assert "S3_SECRET_ACCESS_KEY" in log and BUCKET in log and "not-this-one" not in log, log
        stack.processes.pop("call-ingest")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
