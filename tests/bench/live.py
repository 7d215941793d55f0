"""Media streams by the hundred: live-session and a minimal Node bridge beside it, in one run, with the same streams and
the same model, which says back every frame. live-session is measured as it is, each frame an append of its own, which
has the shortest delay, and with frames joined (REALTIME_APPEND_MS), which takes the least CPU. Prints a table and one
JSON.

    tests/bench/live                        1,000 streams on live-session; 300 on both, three times in turn
    STREAMS=200 BESIDE=100 ROUNDS=1 tests/bench/live      a quick look
    APPEND_MS=60 SECONDS_A_RUN=20 LOOPS=2 ...             APPEND_MS=20: only as it is

CPU is the bridge's own (user and system), for each second of a stream; memory is what its resident set grew by for
each stream. Frames that came late are counted as they are: a bridge that is behind looks cheap, so its delay stands
beside it.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from stack import LIVE, Stack, free_port  # noqa: E402

STREAMS, BESIDE = int(os.environ.get("STREAMS", "1000")), int(os.environ.get("BESIDE", "300"))
ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "3")), int(os.environ.get("SECONDS_A_RUN", "20"))
LOOPS, WARM = os.environ.get("LOOPS", "2"), 10
EACH_FRAME, JOINED = "20", os.environ.get("APPEND_MS", "60")
NUMBER, TICKS = "+15559876543", os.sysconf("SC_CLK_TCK")


def cpu_us(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 / TICKS


def memory_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError("no Pss")


class Echo:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "127.0.0.1:0", "1"], stdout=subprocess.PIPE, text=True)
        self.url = f"ws://127.0.0.1:{self.process.stdout.readline().strip()}/v1/realtime"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def measure(name, pid, url, streams, env, programs):
    """One run; the bridge's CPU is taken over the measured seconds only."""
    before_kib = memory_kib(pid)
    load = subprocess.Popen([programs / "streams", "--url", url, "--streams", str(streams), "--seconds", str(SECONDS),
                             "--warm", str(WARM), "--loops", "1", "--to", NUMBER], env=env, stdout=subprocess.PIPE,
                            text=True)
    time.sleep(WARM)  # the streams begin during the first half of it
    began, used = time.monotonic(), cpu_us(pid)
    grown_kib = 0
    while time.monotonic() - began < SECONDS - 1:
        time.sleep(1)
        grown_kib = max(grown_kib, memory_kib(pid) - before_kib)
    took, used = time.monotonic() - began, cpu_us(pid) - used
    out = load.communicate(timeout=120)[0]
    seen = json.loads(out)
    seen.update(bridge=name, cpu_us=round(used / took / streams, 1), memory_kib=round(grown_kib / streams, 2))
    print(f"{name:20} {streams:5} streams  {seen['cpu_us']:7.1f} us a stream and second  {seen['memory_kib']:7.2f} KiB a "
          f"stream  p50 {seen['p50_ms']:.2f} ms  p99 {seen['p99_ms']:.2f} ms  most {seen['most_ms']:.1f} ms  lost "
          f"{seen['lost']} of {seen['sent']}", flush=True)
    return seen


def node_bridge(port, model_url):
    bridge = subprocess.Popen([os.environ["NODE"], os.environ["BRIDGE"], str(port), model_url], stdout=subprocess.PIPE,
                              text=True)
    assert bridge.stdout.readline().strip() == "ready"
    return bridge


def live_session(stack, echo, append_ms):
    stack.start(LIVE, REALTIME_URL=echo.url, REALTIME_DIALECT="ga", CAPTIONS="off", STREAM_TOKEN_REQUIRED="false",
                REALTIME_APPEND_MS=append_ms, LIVE_LOOPS=LOOPS, LOG_LEVEL="warn")
    stack.wait_ready(LIVE)
    return stack.processes[LIVE].pid, f"ws://127.0.0.1:{stack.ports['live']}/twilio/stream"


def called(append_ms):
    return "live-session" if append_ms == EACH_FRAME else f"live-session {append_ms} ms"


def run(stack, programs, lengths):
    rows = []

    def on_live(streams):
        for append_ms in lengths:
            with Echo(programs / "echo_model") as echo:
                pid, url = live_session(stack, echo, append_ms)
                rows.append(measure(called(append_ms), pid, url, streams, stack.env, programs))
                stack.stop(LIVE, 60)
                stack.execute("DELETE FROM call")

    def on_node(streams):
        port = free_port()
        with Echo(programs / "echo_model") as echo:
            bridge = node_bridge(port, echo.url)
            try:
                rows.append(measure("node ws", bridge.pid, f"ws://127.0.0.1:{port}/", streams, stack.env, programs))
            finally:
                bridge.terminate()
                bridge.wait(10)

    for _ in range(ROUNDS):
        on_live(BESIDE)
        on_node(BESIDE)
    on_live(STREAMS)
    return rows


def verdict(rows, lengths):
    def median(bridge, what):
        return statistics.median(r[what] for r in rows if r["bridge"] == bridge and r["streams"] == BESIDE)

    def ratios(bridge):
        return {what: round(median(bridge, what) / max(median("node ws", what), 0.001), 3)
                for what in ("cpu_us", "memory_kib")}
    all_ratios = {called(append_ms): ratios(called(append_ms)) for append_ms in lengths}
    for bridge, found in all_ratios.items():
        print(f"at {BESIDE} streams {bridge} takes {found['cpu_us']} of Node's CPU and {found['memory_kib']} of its memory")
    print(json.dumps({"ratios": all_ratios, "runs": rows}))


def main():
    programs = pathlib.Path(os.environ["CALLMILL_BIN"])
    with Stack("streams") as stack:
        stack.env["STREAM_URL"] = f"ws://127.0.0.1:{stack.ports['live']}/twilio/stream"
        org = stack.callmill("org", "add", "--name", "Bench", "--json")["id"]
        stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")
        lengths = list(dict.fromkeys((EACH_FRAME, JOINED)))
        verdict(run(stack, programs, lengths), lengths)


if __name__ == "__main__":
    main()
