"""200 calls at a time, callbacks shuffled, repeated and missing, every service killed with SIGKILL at least
five times meanwhile: each call ends with exactly one call row, one recording, one transcript, one run an
analyzer and one mail. Prints what it saw as one JSON line.

    CALLS=200 KILLS=5 SEED=7 tests/integration/pipeline/pipeline_test.py     (tests/run sets the rest)
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from mailbox import Mailbox  # noqa: E402
import speech_server  # noqa: E402
from stack import SERVICES, Stack, http, spoken_call, until  # noqa: E402

CALLS = int(os.environ.get("CALLS", "200"))
KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "7"))
NUMBER = "+15559876543"
PASSWORD = "correct horse battery staple"


def settle(stack, org):
    """Waits until every call has been mailed, saying now and then how far it is."""
    said = 0

    def finished():
        nonlocal said
        (row,) = stack.sql(f"""
            SELECT (SELECT count(*) FROM call) AS calls,
                   (SELECT count(*) FROM transcription) AS transcribed,
                   (SELECT count(*) FROM report WHERE state = 'sent') AS mailed,
                   (SELECT count(*) FROM call_step WHERE state = 'failed') AS failed,
                   (SELECT count(*) FROM outbox) AS outbox""")
        if time.monotonic() - said > 10:
            said = time.monotonic()
            print(row, flush=True)
        return row["mailed"] == CALLS and row["outbox"] == 0 and row
    return until(f"all of {org}'s calls mailed", 420, finished, every=0.5)


class Chaos(threading.Thread):
    """Kills and restarts one service after the other until each had its share. A kill waits until the pipeline
    has moved since the last one, so that deaths are spread over the work and do not just stop it."""

    def __init__(self, stack, rng):
        super().__init__(daemon=True)
        self.stack, self.rng = stack, rng
        self.kills = {name: 0 for name in SERVICES}
        self.failure = None

    def run(self):
        try:
            for _ in range(KILLS):
                for name in self.rng.sample(SERVICES, len(SERVICES)):
                    self.stack.kill(name)
                    self.kills[name] += 1
                    self.stack.start(name)
                    self.stack.wait_ready(name, 60)
        except BaseException as failure:  # noqa: B902 - the main thread raises it again
            self.failure = failure


def exactly_one_of_everything(stack):
    """What the promise says, asked of the tables by itself."""
    problems = {
        "calls": stack.sql("SELECT call_sid FROM call GROUP BY 1 HAVING count(*) <> 1"),
        "not terminal": stack.sql("SELECT call_sid, status FROM call WHERE status <> 'completed'"),
        "recordings": stack.sql("""SELECT c.call_sid, count(r.*) FROM call c LEFT JOIN recording r
            ON r.call_id = c.id AND r.state = 'stored' GROUP BY 1 HAVING count(r.*) <> 1"""),
        "transcripts": stack.sql("""SELECT c.call_sid FROM call c LEFT JOIN transcription t ON t.call_id = c.id
            GROUP BY 1 HAVING count(t.*) <> 1"""),
        "runs": stack.sql("""SELECT c.call_sid, a.name, count(r.*) FROM call c CROSS JOIN analyzer a
            LEFT JOIN analysis_run r ON r.call_id = c.id AND r.analyzer_id = a.id
            GROUP BY 1, 2 HAVING count(r.*) <> 1"""),
        "steps": stack.sql("SELECT step, state, reason FROM call_step WHERE state <> 'done'"),
        "todos": stack.sql("SELECT call_id, fingerprint FROM todo GROUP BY 1, 2 HAVING count(*) <> 1"),
        "dead letters": stack.sql("SELECT service, reason FROM dead_letter"),
        "pending callbacks": stack.sql("SELECT kind FROM pending_callback"),
    }
    found = {what: rows[:5] for what, rows in problems.items() if rows}
    assert not found, json.dumps(found, indent=1)


def files_are_whole(stack):
    folder = pathlib.Path(stack.env["RECORDINGS_DIR"])
    sids = {row["call_sid"] for row in stack.sql("SELECT call_sid FROM call")}
    assert {p.stem for p in folder.glob("CA*.mp3")} >= sids, "a call's file is missing"
    assert not list(folder.glob("*.part")), "a part file was left behind"


def the_api_says_the_same(stack):
    token = http("POST", f"{stack.api}/api/session", {"email": "ada@example.com", "password": PASSWORD}).json["token"]
    auth = {"Authorization": f"Bearer {token}"}
    seen, url = set(), "/api/calls?limit=50"
    while url:
        page = http("GET", stack.api + url, headers=auth)
        assert page.status == 200, page.text
        seen |= {call["call_sid"] for call in page.json}
        link = page.headers.get("Link") or ""
        url = link.split(">")[0].lstrip("<") if 'rel="next"' in link else None
    assert len(seen) == CALLS, f"{len(seen)} calls in the list"
    call = http("GET", f"{stack.api}/api/calls?limit=1", headers=auth).json[0]
    details = http("GET", f"{stack.api}/api/calls/{call['id']}", headers=auth).json
    assert len(details["analysis_groups"]) == 3 and details["transcription"] and details["report"]


def main():
    rng = random.Random(SEED)
    with Stack("pipeline", SPEECH_ENGINE="openai", SWEEP_INTERVAL_S="2", SWEEP_CALL_AFTER_S="10",
               SWEEP_RECORDING_AFTER_S="10", RETRY_BASE_MS="100", RETRY_CAP_MS="2000") as stack:
        stack.env["SPEECH_URL"] = f"http://127.0.0.1:{stack.ports['speech']}"
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        speech = speech_server.serve(stack.ports["speech"])
        mailbox = Mailbox(stack.ports["smtp"])
        mailbox.start()

        org = stack.callmill("org", "add", "--name", "Chaos", "--report-to", "ada@example.com", "--json")["id"]
        stack.callmill("user", "add", "--org", org, "--email", "ada@example.com", "--password-file", "-", "--json",
                       stdin=PASSWORD)
        stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")
        stack.start_all()

        began = time.monotonic()
        audio = stack.dir / "call.mp3"
        spoken_call(audio)
        with open(stack.dir / "callsim.json", "wb") as out:
            callsim = subprocess.Popen(
                [stack.bin / "callsim", "load", "--ingest", stack.ingest, "--public", stack.ingest,
                 "--listen", f"127.0.0.1:{stack.ports['twilio']}", "--audio", audio, "--to", NUMBER,
                 "--calls", str(CALLS), "--concurrency", str(CALLS), "--shuffle", "--repeat", "30",
                 "--missing", "10", "--seed", str(SEED), "--hold"], env=stack.env, stdout=out)
        stack.processes["callsim"] = callsim
        chaos = Chaos(stack, rng)
        chaos.start()
        chaos.join(600)
        assert not chaos.is_alive(), f"the kills did not come to an end: {chaos.kills}"
        if chaos.failure:
            raise chaos.failure
        settle(stack, "the organization")
        took = time.monotonic() - began

        exactly_one_of_everything(stack)
        files_are_whole(stack)
        the_api_says_the_same(stack)
        mails = mailbox.by_message_id()
        repeats = sum(len(copies) - 1 for copies in mails.values())
        assert len(mails) == CALLS, f"{len(mails)} different mails"
        # SMTP has no exactly once: a kill between "250" and the commit repeats that mail, with its Message-ID.
        assert repeats <= chaos.kills["reporter"], f"{repeats} mails came twice"
        mailbox.stop()
        print(json.dumps({"calls": CALLS, "kills": chaos.kills, "seconds": round(took, 1), "heard": speech.heard,
                          "mails": len(mails), "mails_repeated": repeats}))


if __name__ == "__main__":
    main()
