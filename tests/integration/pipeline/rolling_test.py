"""Every service is replaced under load as a cluster does it, a new one before the old one stops, and in the middle the
schema of the next version is applied: nothing is lost, nothing happens twice, no webhook is refused.

    CALLS=200 tests/integration/pipeline/rolling_test.py     (tests/run sets the rest)
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from mailbox import Mailbox  # noqa: E402
from office import FAST, NUMBER  # noqa: E402
from pipeline_test import exactly_one_of_everything, files_are_whole  # noqa: E402
from proxy import Proxy  # noqa: E402
from stack import SERVICES, Stack, free_port, spoken_call, until  # noqa: E402
import speech_server  # noqa: E402

CALLS = int(os.environ.get("CALLS", "200"))
# What a next version may do while this one runs: add. It takes nothing away and asks nothing of those who do not know it.
NEXT_SCHEMA = """
    ALTER TABLE call ADD COLUMN of_the_next_version text;
    CREATE TABLE next_version_only (call_id uuid REFERENCES call ON DELETE CASCADE, note text NOT NULL DEFAULT '');
    INSERT INTO schema_version (version, name, sha256) SELECT max(version) + 1, 'next_version', repeat('0', 64)
        FROM schema_version;
"""


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


def main():
    with Stack("rolling", **FAST) as stack:
        stack.env["SPEECH_URL"] = f"http://127.0.0.1:{stack.ports['speech']}"
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        speech_server.serve(stack.ports["speech"])
        mailbox = Mailbox(stack.ports["smtp"])
        mailbox.start()
        org = stack.callmill("org", "add", "--name", "Rolling", "--report-to", "ada@example.com", "--json")["id"]
        stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")
        rollout = Rollout(stack)
        stack.env["PUBLIC_URL"] = rollout.url
        stack.start_all()
        spoken_call(stack.dir / "call.mp3")

        with open(stack.dir / "callsim.json", "wb") as out:
            stack.processes["callsim"] = subprocess.Popen(
                [stack.bin / "callsim", "load", "--public", rollout.url, "--listen",
                 f"127.0.0.1:{stack.ports['twilio']}", "--audio", stack.dir / "call.mp3", "--to", NUMBER, "--calls",
                 str(CALLS), "--concurrency", "2", "--repeat", "10", "--seed", "5", "--pace", "300", "--hold"],
                env=stack.env, stdout=out)
        until("the first calls", 30, lambda: stack.one("SELECT count(*) FROM call") > 5)
        began = time.monotonic()
        for place, name in enumerate(SERVICES):
            if place == len(SERVICES) // 2:
                stack.execute(NEXT_SCHEMA)
            rollout.replace(name)
        took = time.monotonic() - began
        placed = stack.one("SELECT count(*) FROM call")
        assert placed < CALLS, "the load was over before the last service was replaced: raise CALLS"

        until("every call reported", 300, lambda: stack.one("SELECT count(*) FROM report WHERE state = 'sent'") == CALLS,
              every=0.5)
        exactly_one_of_everything(stack)
        files_are_whole(stack)
        mails = mailbox.by_message_id()
        assert len(mails) == CALLS and all(len(copies) == 1 for copies in mails.values()), len(mails)
        webhooks = json.loads((stack.dir / "callsim.json").read_text())["totals"]
        assert webhooks["webhooks_answered"] == webhooks["webhooks_sent"], webhooks
        print(json.dumps({"calls": CALLS, "replaced_in_s": round(took, 1), "placed_by_then": placed, **webhooks}))


if __name__ == "__main__":
    main()
