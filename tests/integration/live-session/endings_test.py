"""How streams end: in every way in which Twilio ends them, when the service stops, and when it is killed.

    tests/integration/live-session/endings_test.py STORY     (tests/run sets the rest)
"""
import json
import signal
import sys

from line import LIVE, Line, until
from realtime_server import Say
from stack import SERVICES

WAYS = {"stop": "stopped", "close": "closed", "reset": "closed", "silent": "silent", "error": "stream-error",
        "status": "call-ended"}


def every_way_of_hanging_up_ends_the_session_once():
    with Line("endings") as line:
        model = line.with_model()
        line.start_all(("call-ingest", LIVE))
        for way, reason in WAYS.items():
            line.execute("DELETE FROM call")
            model.replies, model.heard = [Say("Good morning.", ms=400)], []
            line.call("--hang-up", way, "--talk", 2)
            line.ended(reason)
            until("the call's end", 10, lambda: line.one("SELECT status FROM call") == "completed")
            told = until("the model to be left", 10, lambda: model.sessions[-1].closed)
            assert told, way
            print(f"{way}: {reason}", flush=True)
        until("the outbox empty", 20, lambda: line.one("SELECT count(*) FROM outbox") == 0)
        ends = [key for key in line.metrics(LIVE) if key.startswith("callmill_live_ended_total")]
        assert sum(float(line.metrics(LIVE)[key]) for key in ends) == len(WAYS), ends
        lines = [float(v) for key, v in line.metrics(LIVE).items() if key.startswith("callmill_live_sessions")]
        assert lines and sum(lines) == 0, lines


def a_stop_lets_calls_on_the_line_end_and_takes_no_new_ones():
    with Line("drain") as line:
        model = line.with_model()
        model.replies = [Say("Good morning.", ms=400)] * 3
        line.start_all(("call-ingest", LIVE))
        first = line.call_in_background("--talk", 6)
        until("the stream", 15, lambda: line.sessions())
        line.processes[LIVE].send_signal(signal.SIGTERM)
        until("the listener to refuse", 10, lambda: line.call("--talk", 1, "--seed", 2, "--listen", "127.0.0.1:0")["stream"]["opened"] is False)
        report = json.loads(first.communicate(timeout=60)[0])["calls"][0]
        assert report["stream"]["frames_sent"] >= 250, report["stream"]
        assert line.processes[LIVE].wait(20) == 0
        (session,) = line.sessions()
        assert session["reason"] == "stopped", session
        line.processes.pop(LIVE)

        line.execute("DELETE FROM call")
        line.start(LIVE, GRACE_MS="1000")
        line.wait_ready(LIVE)
        second = line.call_in_background("--talk", 30, "--seed", 3, "--listen", "127.0.0.1:0")
        until("the stream", 15, lambda: line.sessions())
        assert line.stop(LIVE, 20) == 0
        report = json.loads(second.communicate(timeout=60)[0])["calls"][0]
        assert report["stream"]["close_code"] == 1001, report["stream"]
        (session,) = line.sessions()
        assert session["reason"] == "shutdown", session


def a_kill_in_the_middle_of_50_calls_loses_none():
    with Line("killed") as line:
        model = line.with_model()
        model.replies = [Say("Good morning.", ms=400)] * 60
        line.start_all((*SERVICES, LIVE))
        line.start("callsim", line.callsim("--calls", 50, "--concurrency", 50, "--talk", 60, "--hold"))  # none ends by itself
        until("50 streams", 30, lambda: len([s for s in line.sessions() if not s["ended_at"]]) == 50)
        line.kill(LIVE)
        line.start(LIVE)
        line.wait_ready(LIVE)
        until("every session ended", 60, lambda: line.one(
            "SELECT count(*) FROM live_session WHERE ended_at IS NOT NULL") == 50)
        reasons = {s["reason"] for s in line.sessions()}
        assert reasons == {"lost"}, reasons
        until("every call reported", 180, lambda: line.one(
            "SELECT count(*) FROM report WHERE state IN ('sent', 'skipped')") == 50, every=0.5)
        assert line.one("SELECT count(*) FROM call WHERE status = 'completed'") == 50
        assert not line.sql("SELECT step, reason FROM call_step WHERE state <> 'done'")


STORIES = [every_way_of_hanging_up_ends_the_session_once, a_stop_lets_calls_on_the_line_end_and_takes_no_new_ones,
           a_kill_in_the_middle_of_50_calls_loses_none]

if __name__ == "__main__":
    next(s for s in STORIES if s.__name__ == sys.argv[1])()
