"""Two hours of the line in six minutes: calls at twenty times their speed that end in every way, nonsense beside them,
and what live-session holds of it afterwards: memory, descriptors, threads, lines, rows. Prints a table and one JSON.

    tests/bench/soak                        six minutes
    MINUTES=1 tests/bench/soak              a quick look

It fails when from the second third to the last memory grew by more than a MiB, or by a descriptor or a thread, or when a
line or an open session is left.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "integration" / "live-session")]
from live import Echo, memory_kib  # noqa: E402
from line import LIVE, Line, until  # noqa: E402
from refusals_test import dial, frame, raw  # noqa: E402

MINUTES, SPEED, AT_A_TIME, CALLS = float(os.environ.get("MINUTES", "6")), 20, 40, 80
WAYS = ("stop", "close", "reset", "silent", "error", "status")


def held(stack, pid):
    metrics = stack.metrics(LIVE)
    lines = sum(float(v) for key, v in metrics.items() if key.startswith("callmill_live_sessions"))
    return {"memory_kib": memory_kib(pid), "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": len(os.listdir(f"/proc/{pid}/task")), "lines": int(lines),
            "open": stack.one("SELECT count(*) FROM live_session WHERE ended_at IS NULL"),
            "sessions": stack.one("SELECT count(*) FROM live_session")}


def place(line, way, seed):
    subprocess.run(line.callsim("--calls", CALLS, "--concurrency", AT_A_TIME, "--speed", SPEED, "--talk", 40,
                                "--hang-up", way, "--seed", seed), env=line.env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=300)


def nonsense(line):
    for bad in (frame(2, b"binary"), frame(1, b"x" * 70000), frame(1, b"{}", masked=False), frame(3, b""),
                frame(1, b"\xff\xfe"), frame(1, b"{" * 5000), frame(1, b'{"event":"media"}')):
        link = raw(line)
        link.sendall(bad)
        assert link.recv(64)[:1] == b"\x88", bad[:10]
        link.close()
    for text in ("no JSON", '{"event":"start","start":{"callSid":"../../etc"}}'):
        with dial(line) as connection:
            connection.send(text)


def settled(line, pid):
    until("every line to be over", 60, lambda: held(line, pid)["lines"] == 0 and held(line, pid)["open"] == 0, every=0.5)
    return held(line, pid)


def soak(line, pid):
    rows, began, rounds = [], time.monotonic(), 0
    while time.monotonic() - began < MINUTES * 60:
        place(line, WAYS[rounds % len(WAYS)], rounds + 1)
        nonsense(line)
        rounds += 1
        rows.append({"at_s": round(time.monotonic() - began), **settled(line, pid)})
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    return rows


def least(rows, what):
    """The least seen: what leaks is there in every row, what is on its way out (a socket that closes) in some."""
    return min(row[what] for row in rows)


def main():
    programs = pathlib.Path(os.environ["CALLMILL_BIN"])
    with Echo(programs / "echo_model") as echo, Line("soak", REALTIME_URL=echo.url, REALTIME_DIALECT="ga",
                                                     STREAM_SILENCE_MS="1000", LOG_LEVEL="error") as line:
        line.start_all(("call-ingest", LIVE))
        pid = line.processes[LIVE].pid
        rows = soak(line, pid)
        assert len(rows) >= 2 * len(WAYS), "too short to tell anything: raise MINUTES"
        middle, end = rows[len(rows) // 3:2 * len(rows) // 3], rows[2 * len(rows) // 3:]
        grown = {what: least(end, what) - least(middle, what) for what in ("memory_kib", "descriptors", "threads")}
        print(json.dumps({"line_hours": round(MINUTES / 60 * SPEED * AT_A_TIME, 1), "sessions": rows[-1]["sessions"],
                          "grown": grown, "first": rows[0], "last": rows[-1]}))
        assert grown["memory_kib"] <= 1024 and grown["descriptors"] <= 0 and grown["threads"] <= 0, grown


if __name__ == "__main__":
    main()
