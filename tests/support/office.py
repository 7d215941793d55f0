"""An organization with a number that calls come to, on a Stack: what suites of the whole pipeline share."""
import speech_server
from stack import spoken_call, until

NUMBER = "+15559876543"
FAST = {"SPEECH_ENGINE": "openai", "RETRY_BASE_MS": "100", "RETRY_CAP_MS": "1000", "SWEEP_INTERVAL_S": "2",
        "SWEEP_CALL_AFTER_S": "10", "SWEEP_RECORDING_AFTER_S": "10"}


def an_organization(stack):
    """With a recording that callsim plays, and a speech engine, which is given back."""
    org = stack.callmill("org", "add", "--name", "Office", "--report-to", "ada@example.com", "--json")["id"]
    stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")
    speech = speech_server.serve(stack.ports["speech"])
    stack.env["SPEECH_URL"] = f"http://127.0.0.1:{stack.ports['speech']}"
    spoken_call(stack.dir / "call.mp3")
    return speech


def place_calls(stack, count, *options, seed=1):
    """Starts the stand-in in the background; it keeps serving recordings until the stack ends."""
    stack.start("callsim", [stack.bin / "callsim", "load", "--ingest", stack.ingest, "--public", stack.ingest,
                            "--listen", f"127.0.0.1:{stack.ports['twilio']}", "--audio", stack.dir / "call.mp3",
                            "--to", NUMBER, "--calls", str(count), "--concurrency", str(count), "--seed", str(seed),
                            "--hold", *options])


def all_reported(stack, count, seconds=120):
    until(f"{count} calls reported", seconds,
          lambda: stack.one("SELECT count(*) FROM report WHERE state IN ('sent', 'skipped')") == count, every=0.3)
    bad = stack.sql("SELECT step, reason FROM call_step WHERE state <> 'done'")
    assert not bad, bad
    doubled = stack.sql("SELECT call_id FROM analysis_run GROUP BY call_id HAVING count(*) <> 3")
    assert not doubled, doubled
