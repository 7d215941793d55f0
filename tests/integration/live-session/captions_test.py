"""Calls without a model: what is said is written down by the local speech engine, while it is said.

    tests/integration/live-session/captions_test.py     (tests/run sets the rest)
"""
import re

from line import FORWARDED, LIVE, NUMBER, Line, until
from stack import spoken_call

TURNS = ("caller: Good morning, I would like to order two lamps for my kitchen.",
         "agent: Of course, which colour would you like?",
         "caller: The green ones, please, and I need them on Friday.",
         "agent: They will be there on Friday.")


def words(text):
    return set(re.findall(r"[a-z]+", text.lower()))


def heard(line, role):
    return " ".join(t["text"] for t in line.turns() if t["role"] == role)


def said(role):
    return " ".join(turn.split(": ", 1)[1] for turn in TURNS if turn.startswith(role))


def share(role, line):
    """Of what was said, how many words were heard."""
    return len(words(said(role)) & words(heard(line, role))) / len(words(said(role)))


def main():
    with Line("captions", CAPTIONS="on") as line:
        spoken_call(line.audio, *TURNS)
        line.start("call-ingest")
        line.start(LIVE, SPEECH_ENGINE="whisper")
        line.wait_ready("call-ingest")
        line.wait_ready(LIVE)

        report = line.call(to=FORWARDED)
        assert not report["stream"]["both_ways"] and report["stream"]["bad_messages"] == 0, report["stream"]
        session = line.ended("stopped", 60)
        assert session["kind"] == "captions" and session["engine"] == "whisper" and session["model"], session
        turns = line.turns()
        print([(t["role"], t["start_ms"], t["text"]) for t in turns], flush=True)
        assert share("caller", line) >= 0.8 and share("agent", line) >= 0.8, turns
        for role in ("caller", "agent"):
            starts = [t["start_ms"] for t in turns if t["role"] == role]
            assert starts == sorted(starts) and len(starts) >= 2, turns

        line.execute("DELETE FROM call")
        line.call(to=NUMBER)
        line.ended("stopped", 60)
        assert share("caller", line) >= 0.8 and not heard(line, "agent"), line.turns()
        until("the outbox empty", 20, lambda: line.one("SELECT count(*) FROM outbox") == 0)


if __name__ == "__main__":
    main()
