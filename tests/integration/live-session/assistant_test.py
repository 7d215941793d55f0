"""A realtime model on the line: what is said, what is cut short, what the model has done, and what becomes of it all.

    tests/integration/live-session/assistant_test.py STORY     (tests/run sets the rest)
"""
import json
import sys
import threading
import time
import urllib.request

from line import LIVE, Line, until
from realtime_server import Call, Say
from stack import SERVICES, http

GREETING = "Good morning and welcome to the office of the lamp makers, we sell lamps of every kind and colour, how can I help you?"


class Page(threading.Thread):
    """GET /api/events, with the time at which each came."""

    def __init__(self, line, auth):
        super().__init__(daemon=True)
        request = urllib.request.Request(f"{line.api}/api/events", headers=auth)
        self.answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60)
        self.events = []
        self.start()

    def run(self):
        name = None
        try:
            for raw in self.answer:
                text = raw.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text[7:]
                elif text.startswith("data: "):
                    self.events.append((time.time(), name, json.loads(text[6:])))
        except (OSError, ValueError, AttributeError):
            pass


def a_caller_interrupts_the_model_and_the_call_goes_all_the_way():
    with Line("assistant") as line:
        model = line.with_model()
        model.replies = [Say(GREETING, ms=9000), Say("Your order leaves the house tomorrow.", ms=2500), Say("Goodbye.", ms=500)]
        model.heard = ["Sorry, I would like to know where my order is.", "Thank you very much, goodbye."]
        line.start_all((*SERVICES, LIVE))
        auth = line.log_in()
        page = Page(line, auth)
        hears(line, page)
        report = line.call(wait=60)
        stream = report["stream"]

        session = line.ended("stopped")
        assert session["kind"] == "assistant" and session["engine"] == "realtime" and session["model"] == "stand-in"
        assert stream["bad_messages"] == 0, stream
        (told,) = model.sessions
        (item, told_ms, made_ms) = told.truncated[0]
        played_ms = stream["cleared_at_ms"][0]
        print(f"the caller heard {played_ms} ms of {made_ms} ms, the model was told {told_ms} ms", flush=True)
        assert abs(told_ms - played_ms) <= 40, (told_ms, played_ms, made_ms)

        turns = line.turns()
        texts = [(t["role"], t["interrupted"]) for t in turns]
        assert [t["text"] for t in turns if t["role"] == "caller"] == [
            "Sorry, I would like to know where my order is.", "Thank you very much, goodbye."], turns
        assert ("agent", True) in texts, turns
        cut = next(t["text"] for t in turns if t["interrupted"])
        assert GREETING.startswith(cut.rstrip(" .…")) and len(cut) < len(GREETING), cut
        assert any(t["text"] == "Your order leaves the house tomorrow." and not t["interrupted"] for t in turns), turns
        assert [t["position"] for t in turns] == list(range(len(turns)))
        assert all(t["start_ms"] <= t["end_ms"] for t in turns)

        seen = [(at, data) for at, name, data in page.events if name == "live.turn"]
        assert len(seen) == len(turns), seen
        began = time_of(line, session)
        late = sorted(at - began - data["end_ms"] / 1000 for at, data in seen)
        print(f"turns were on the page {late[0]:.2f} to {late[-1]:.2f} s after they were spoken", flush=True)
        assert late[0] < 1.0 and late[-1] < 15, late  # the machine may have paused, but not every time

        until("every step done", 60, lambda: line.one(f"""SELECT count(*) FROM call_step
            WHERE state = 'done' AND call_id = '{session['call_id']}'""") == 6)
        call = http("GET", f"{line.api}/api/calls/{session['call_id']}", headers=auth).json
        assert call["status"] == "completed" and call["transcription"] and call["report"], call
        assert [len(s["turns"]) for s in call["live_sessions"]] == [len(turns)], call["live_sessions"]
        assert line.one("SELECT count(*) FROM live_session") == 1


def hears(line, page):
    """The page's consumer takes a moment to have its partitions: calls that nobody answers show when it has."""
    def something():
        line.call("--at-once", "--outcome", "no-answer")
        return page.events
    until("an event on the page", 30, something)


def time_of(line, session):
    return line.one(f"SELECT extract(epoch FROM started_at) FROM live_session WHERE id = '{session['id']}'")


def the_model_ends_forwards_and_notes():
    with Line("tools") as line:
        model = line.with_model()
        line.start_all(("call-ingest", LIVE))

        model.replies = [Say("Good morning.", ms=300),
                         Call("note_todo", {"title": "Send the catalogue", "due_date": "2026-12-01"}),
                         Say("I have noted that.", ms=400), Call("end_call", {}, before="Goodbye then.")]
        model.heard = ["Please send me the catalogue.", "That is all."]
        report = line.call()
        line.ended("hung-up")
        assert report["stream"]["asked"] == "Status=completed", report["stream"]
        assert report["stream"]["played_ms"] >= 400, "the goodbye was not heard"
        (todo,) = line.sql("SELECT title, due_date, evidence, owner FROM todo")
        assert todo["title"] == "Send the catalogue" and todo["due_date"] == "2026-12-01", todo
        assert todo["evidence"] == "Please send me the catalogue.", todo
        answered = [e for e in model.sessions[0].asked if e["type"] == "conversation.item.create"]
        assert answered and answered[0]["item"]["type"] == "function_call_output", model.sessions[0].asked

        line.execute("DELETE FROM call")
        line.execute("UPDATE phone_number SET instructions = 'Be kind. The boss has +1 (555) 000-2222.'")
        model.replies = [Call("forward_call", {"number": "+15550002222"}, before="I connect you.")]
        report = line.call()
        line.ended("forwarded")
        assert "<Number>+15550002222</Number>" in report["stream"]["asked"], report["stream"]

        line.execute("DELETE FROM call")
        for number in ("anywhere", "+15559001234"):
            model.replies = [Call("forward_call", {"number": number}), Say("I cannot do that.", ms=300)]
            report = line.call()
            line.ended("stopped")
            assert report["stream"]["asked"] is None, f"a call was forwarded to {number}, which nobody named"
            line.execute("DELETE FROM call")


def talks(line, model):
    """One call whose greeting is heard whole; gives the model's session and the stream's report."""
    line.execute("DELETE FROM call")
    model.replies, model.heard = [Say("Good morning.", ms=800)], ["Hello.", "Goodbye."]
    report = line.call()
    line.ended("stopped")
    assert report["stream"]["bad_messages"] == 0, report
    assert 780 <= report["stream"]["taken_ms"] <= 840, report["stream"]
    assert [t["text"] for t in line.turns() if t["role"] == "agent"] == ["Good morning."], line.turns()
    return model.sessions[-1]


def servers_of_either_dialect_and_sound_are_talked_to():
    with Line("dialects") as line:
        model = line.with_model(dialect="beta")
        line.start_all(("call-ingest", LIVE))
        session = talks(line, model)  # found out: asked as of today, refused, asked as it was
        assert session.configuration["input_audio_format"] == "g711_ulaw", session.configuration
        for environment, format_in in (({"REALTIME_DIALECT": "beta", "REALTIME_AUDIO": "pcm16@24000"}, "pcm16"),):
            line.stop(LIVE)
            line.start(LIVE, **environment)
            line.wait_ready(LIVE)
            session = talks(line, model)
            assert session.configuration["input_audio_format"] == format_in, session.configuration
        model.stop()

        model = line.with_model(dialect="ga")
        line.stop(LIVE)
        line.ports["model"] = model.listener.socket.getsockname()[1]
        line.start(LIVE, REALTIME_DIALECT="ga", REALTIME_AUDIO="pcm16@24000", REALTIME_APPEND_MS="60")
        line.wait_ready(LIVE)
        session = talks(line, model)
        assert session.format_in == {"type": "audio/pcm", "rate": 24000}, session.format_in
        assert session.heard_ms / model.frames > 30, "the caller's frames were not joined"


def a_model_that_is_lost_leaves_the_caller_to_the_fallback():
    with Line("lost") as line:
        model = line.with_model()
        line.env["REALTIME_API_KEY"] = "another key"
        line.start_all(("call-ingest", LIVE))
        report = line.call()
        line.ended("model-lost")
        assert model.refused and report["stream"]["close_code"] == 1011, report["stream"]

        line.execute("DELETE FROM call")
        line.stop(LIVE)
        line.start(LIVE, REALTIME_API_KEY=line.model.key, REALTIME_LIMIT_S="10", REALTIME_FAREWELL_S="6")
        line.wait_ready(LIVE)
        model.replies = [Say("Good morning.", ms=500), Say("Our time is over, goodbye.", ms=600)]
        report = line.call("--talk", 30)
        session = line.ended("time-limit")
        asked = [e for e in model.sessions[-1].asked if e["type"] == "response.create"]
        assert len(asked) == 2 and asked[1].get("response", {}).get("instructions"), asked
        assert 8 <= line.one(f"""SELECT extract(epoch FROM ended_at - started_at) FROM live_session
            WHERE id = '{session['id']}'""") <= 25  # and not the 30 s of the call


STORIES = [a_caller_interrupts_the_model_and_the_call_goes_all_the_way, the_model_ends_forwards_and_notes,
           servers_of_either_dialect_and_sound_are_talked_to, a_model_that_is_lost_leaves_the_caller_to_the_fallback]

if __name__ == "__main__":
    next(s for s in STORIES if s.__name__ == sys.argv[1])()
