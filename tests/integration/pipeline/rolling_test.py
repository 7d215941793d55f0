"""Every service is replaced under load as a cluster does it, a new one before the old one stops, and in the middle the
schema of the next version is applied: nothing is lost, nothing happens twice, no webhook is refused. A model talks on
every call; of live-session there are two, and who drains gets no new streams, ends those that outlast its grace, and is
followed by a new one.

    CALLS=220 tests/integration/pipeline/rolling_test.py     (tests/run sets the rest)
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import time

from confluent_kafka import Consumer
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from mailbox import Mailbox  # noqa: E402
from office import FAST, NUMBER  # noqa: E402
from pipeline_test import exactly_one_of_everything, files_are_whole  # noqa: E402
from proxy import Proxy  # noqa: E402
from stack import LIVE, SERVICES, Stack, free_port, spoken_call, until  # noqa: E402
import realtime_server  # noqa: E402
import speech_server  # noqa: E402

CALLS = int(os.environ.get("CALLS", "220"))
START_S = 8  # of a machine with nothing else to do; one that takes longer to start all is also longer under load
# A stream lasts longer than a live-session waits for it, so that each one that drains has both: some that end by
# themselves, some that it ends. What would last for SLACK_S beyond the grace is ended by it, all others may be either.
CALLERS, TALK_S, GRACE_S, SLACK_S = 18, 6, 1.5, 2
# What a next version may do while this one runs: add. It takes nothing away and asks nothing of those who do not know it.
# Each is a transaction of its own: one that locks two busy tables may meet another that has them the other way round.
NEXT_SCHEMA = (
    "ALTER TABLE call ADD COLUMN of_the_next_version text",
    "ALTER TABLE live_session ADD COLUMN of_the_next_version text",
    "CREATE TABLE next_version_only (call_id uuid REFERENCES call ON DELETE CASCADE, note text NOT NULL DEFAULT '')",
    """INSERT INTO schema_version (version, name, sha256) SELECT max(version) + 1, 'next_version', repeat('0', 64)
       FROM schema_version""",
)


class Rollout:
    """Twilio reaches call-ingest through what stands in front of it, which is told where to go."""

    def __init__(self, stack):
        self.stack, self.front = stack, Proxy(free_port(), ("127.0.0.1", stack.ports["ingest"])).on()
        self.url = f"http://127.0.0.1:{self.front.port}"

    def replace(self, name):
        self.stack.start(name, replica=1)
        self.stack.wait_ready(f"{name}-1")
        if name == "call-ingest":
            self.front.target = ("127.0.0.1", self.stack.ports["ingest-1"])
        assert self.stack.stop(name, 40) == 0, f"{name} did not end well:\n{self.stack.log_tail(name)}"


class Balancer(Proxy):
    """Gives streams to each of its targets in turn."""

    def __init__(self):
        super().__init__(free_port(), None)
        self.targets, self.given = [], collections.Counter()

    def next_target(self):
        target = self.targets.pop(0)
        self.targets.append(target)
        self.given[target] += 1
        return target


class Lines:
    """Replicas of live-session behind a balancer."""

    def __init__(self, stack):
        self.stack, self.front, self.holders, self.drained, self.cut = stack, Balancer().on(), {}, {}, set()
        self.url = f"ws://127.0.0.1:{self.front.port}/twilio/stream"
        self.model = realtime_server.serve(stack.ports["model"])
        self.model.replies = [realtime_server.Say("Good morning.", ms=400)] * CALLS * 12

    def target(self, replica):
        return "127.0.0.1", self.stack.ports[f"live-{replica}"]

    def start(self, replica):
        name = f"{LIVE}-{replica}"
        self.stack.start(LIVE, replica=replica, GRACE_MS=str(int(GRACE_S * 1000)))
        self.stack.wait_ready(name)
        (self.holders[name],) = {row["id"] for row in self.stack.sql("SELECT id FROM live_holder")} - {*self.holders.values()}
        self.front.targets.append(self.target(replica))

    def held(self, name):
        return self.stack.sql(f"""SELECT id, extract(epoch FROM started_at) AS began FROM live_session
            WHERE holder_id = '{self.holders[name]}'""")

    def has_both_kinds(self, name):
        """Streams whose time is over soon, and some that have just begun."""
        ages = [time.time() - session["began"] for session in self.held(name)]
        young = sum(TALK_S - age > GRACE_S + SLACK_S for age in ages)
        return young >= 2 and any(TALK_S - age < GRACE_S for age in ages)

    def has_all_it_was_given(self, name, target):
        metrics = self.stack.metrics(name)
        there = int(metrics["callmill_ws_connections"])
        gone = sum(int(value) for key, value in metrics.items() if key.startswith("callmill_ws_closed_total"))
        return there + gone == self.front.given[target] and there == len(self.held(name))

    def replace(self, replica, new):
        name, target = f"{LIVE}-{replica}", self.target(replica)
        until("streams old and new", 30, lambda: self.has_both_kinds(name), every=0.05)
        self.front.targets.remove(target)
        until("the last streams to have begun", 10, lambda: self.has_all_it_was_given(name, target), every=0.02)
        held, asked_at, others = self.held(name), time.time(), self.begun()
        assert self.stack.stop(name, 40) == 0, f"{name} did not end well:\n{self.stack.log_tail(name)}"
        assert not self.held(name), "a live-session left sessions behind"
        until("streams that begin elsewhere", 10, lambda: self.begun() > others)
        self.drained.update({session["id"]: asked_at for session in held})
        self.cut |= {session["id"] for session in held if session["began"] + TALK_S > asked_at + GRACE_S + SLACK_S}
        self.start(new)

    def begun(self):
        return self.stack.one("SELECT count(*) FROM live_session")

    # -- afterwards ----------------------------------------------------------------------------------

    def every_session_ended_once_as_expected(self, reports):
        sessions = self.stack.sql("""SELECT s.id, call_id, reason, call_sid, extract(epoch FROM s.ended_at) AS ended
            FROM live_session s JOIN call c ON c.id = call_id""")
        assert len(sessions) == len({s["call_id"] for s in sessions}) == len(reports), f"{len(sessions)} sessions"
        wrong = [s for s in sessions if not self.is_as_expected(s)]
        assert not wrong, wrong
        told = self.told_of_ends(len(sessions))
        doubled = {session: ends for session, ends in told.items() if len(ends) != 1}
        assert not doubled, doubled
        assert {id: reason for id, (reason,) in told.items()} == {s["id"]: s["reason"] for s in sessions}
        reasons = collections.Counter(s["reason"] for s in sessions)
        streams = [call["stream"] for call in reports]
        assert all(stream["opened"] and not stream["bad_messages"] for stream in streams), streams
        assert reasons["shutdown"] > 0, reasons
        self.was_told_to_go_away(sessions, {call["call_sid"]: call["stream"]["close_code"] for call in reports})
        return dict(reasons)

    def is_as_expected(self, session):
        """Callers stop by themselves, but for those who still talk when the grace of a live-session that drains is over."""
        asked_at = self.drained.get(session["id"])
        if session["reason"] == "shutdown":
            return asked_at is not None and session["ended"] >= asked_at + GRACE_S
        return session["reason"] == "stopped" and session["id"] not in self.cut

    def was_told_to_go_away(self, sessions, codes):
        """Who had talked to the end just then may have closed at the same moment, and sees its own code."""
        wrong = [s for s in sessions if codes[s["call_sid"]] == 1001 and s["reason"] != "shutdown"
                 or codes[s["call_sid"]] != 1001 and s["id"] in self.cut]
        assert not wrong, wrong

    def told_of_ends(self, count):
        """The reasons in live.ended, by session."""
        topic, told, seen = self.stack.env["TOPIC_PREFIX"] + "live.ended", collections.defaultdict(list), set()
        read = AvroDeserializer(self.stack.registry)
        consumer = Consumer({"bootstrap.servers": self.stack.env["KAFKA_BROKERS"], "group.id": f"{self.stack.database}-judge",
                             "auto.offset.reset": "earliest", "enable.auto.commit": False})
        consumer.subscribe([topic])

        def read_on():
            for message in consumer.consume(500, 0.2):
                assert not message.error(), message.error()
                event = read(message.value(), SerializationContext(topic, MessageField.VALUE))
                if event["event_id"] not in seen:
                    told[str(event["session_id"])].append(event["reason"])
                seen.add(event["event_id"])
            return len(told) >= count
        until("an end told of each session", 60, read_on, every=0)
        consumer.close()
        return told


def main():
    with Stack("rolling", **FAST) as stack:
        rollout, lines = Rollout(stack), Lines(stack)
        stack.env.update({"SPEECH_URL": f"http://127.0.0.1:{stack.ports['speech']}", "CAPTIONS": "off",
                          "SMTP_URL": f"smtp://127.0.0.1:{stack.ports['smtp']}", "PUBLIC_URL": rollout.url,
                          "STREAM_URL": lines.url, "REALTIME_URL": f"ws://127.0.0.1:{stack.ports['model']}/v1/realtime",
                          "REALTIME_MODEL": "stand-in"})
        speech_server.serve(stack.ports["speech"])
        mailbox = Mailbox(stack.ports["smtp"])
        mailbox.start()
        org = stack.callmill("org", "add", "--name", "Rolling", "--report-to", "ada@example.com", "--json")["id"]
        stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")
        began = time.monotonic()
        stack.start_all()
        for replica in (1, 2):
            lines.start(replica)
        calls = round(CALLS * min(max((time.monotonic() - began) / START_S, 1), 3))
        spoken_call(stack.dir / "call.mp3")

        with open(stack.dir / "callsim.json", "wb") as out:
            stack.processes["callsim"] = subprocess.Popen(
                [stack.bin / "callsim", "load", "--public", rollout.url, "--listen",
                 f"127.0.0.1:{stack.ports['twilio']}", "--audio", stack.dir / "call.mp3", "--to", NUMBER, "--calls",
                 str(calls), "--concurrency", str(CALLERS), "--talk", str(TALK_S), "--repeat", "10", "--seed", "5", "--hold"],
                env=stack.env, stdout=out)
        until("the first calls", 30, lambda: stack.one("SELECT count(*) FROM call") > 5)
        began = time.monotonic()
        for place, name in enumerate(SERVICES):
            if place == len(SERVICES) // 2:
                for statement in NEXT_SCHEMA:
                    stack.execute(statement)
            rollout.replace(name)
        for old, new in ((1, 3), (2, 4)):
            lines.replace(old, new)
        took = time.monotonic() - began
        placed = stack.one("SELECT count(*) FROM call")
        assert placed < calls, "the load was over before the last service was replaced: raise CALLS"

        until("every call reported", 400, lambda: stack.one("SELECT count(*) FROM report WHERE state = 'sent'") == calls,
              every=0.5)
        exactly_one_of_everything(stack)
        files_are_whole(stack)
        mails = mailbox.by_message_id()
        assert len(mails) == calls and all(len(copies) == 1 for copies in mails.values()), len(mails)
        report = json.loads((stack.dir / "callsim.json").read_text())
        webhooks = report["totals"]
        assert webhooks["webhooks_answered"] == webhooks["webhooks_sent"], webhooks
        ends = lines.every_session_ended_once_as_expected(report["calls"])
        print(json.dumps({"calls": calls, "replaced_in_s": round(took, 1), "placed_by_then": placed, "sessions": ends, **webhooks}))


if __name__ == "__main__":
    main()
