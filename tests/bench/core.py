"""core.py - the first benchmark: what the API serves and what a batch handler persists, printed as one JSON.

Run by tests/bench/run, which starts servers and builds. CALLS (100000) and SECONDS (8) may be set.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from stack import Stack, http, until  # noqa: E402

CALLS = int(os.environ.get("CALLS", "100000"))
SECONDS = int(os.environ.get("SECONDS", "8"))
NUMBER = "+15559876543"
PASSWORD = "correct horse battery staple"
HERE = pathlib.Path(__file__).resolve().parent
# What is asked for more rarely and costs more: "order" is in every call, "turbine" in twenty.
MORE = (("list_with_steps", 16, "/api/calls?include=steps"), ("search_common", 4, "/api/calls?q=order"),
        ("search_rare", 4, "/api/calls?q=turbine"), ("export_10000_rows", 4, "/api/calls/export"),
        ("overview", 4, "/api/overview"))
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def say(text):
    print(text, file=sys.stderr, flush=True)


def seed(stack):
    org = stack.callmill("org", "add", "--name", "Bench", "--json")["id"]
    stack.callmill("user", "add", "--org", org, "--email", "ada@example.com", "--password-file", "-", "--json",
                   stdin=PASSWORD)
    number = stack.callmill("number", "add", "--org", org, "--number", NUMBER, "--json")["id"]
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"organization={org}", "-v",
                    f"number_id={number}", "-v", f"number={NUMBER}", "-v", f"calls={CALLS}", "-f", HERE / "seed.sql",
                    stack.worker_url], check=True)
    stack.execute("VACUUM ANALYZE")  # the tables are the owner's; seen by all, rows need no second look


def wrk(stack, path, connections, token, script=None):
    """One run of wrk: requests a second and the 99th percentile; any answer but 2xx fails the benchmark."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{SECONDS}s", "--latency",
               "-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", script]
    text = subprocess.run([*command, stack.api + path], check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)
    return {"connections": connections, "requests_per_s": round(float(rate)),
            "p99_ms": round(float(p99) * UNITS[unit], 1)}


def bench_api(stack):
    stack.start("api-gateway")
    stack.wait_ready("api-gateway")
    token = http("POST", f"{stack.api}/api/session", {"email": "ada@example.com", "password": PASSWORD}).json["token"]
    calls = stack.sql("SELECT id, call_sid FROM call ORDER BY created_at DESC LIMIT 1000")
    details = stack.dir / "details.lua"
    details.write_text("local ids = {" + ",".join(f'"{c["id"]}"' for c in calls) + "}\nlocal n = 0\n"
                       "request = function() n = n % #ids + 1; return wrk.format('GET', '/api/calls/' .. ids[n]) end\n")
    frame = bytes.fromhex("fffb90c4") + bytes(413)
    recording = pathlib.Path(stack.env["RECORDINGS_DIR"]) / f"{calls[0]['call_sid']}.mp3"
    recording.write_bytes(frame * (1_000_000 // len(frame)))
    result = {}
    for connections in (16, 64):
        say(f"GET /api/calls, {connections} connections ...")
        result[f"list_c{connections}"] = wrk(stack, "/api/calls", connections, token)
        say(f"GET /api/calls/{{id}}, {connections} connections ...")
        result[f"details_c{connections}"] = wrk(stack, f"/api/calls/{calls[0]['id']}", connections, token, details)
    for name, connections, path in MORE:
        say(f"GET {path}, {connections} connections ...")
        result[f"{name}_c{connections}"] = wrk(stack, path, connections, token)
    say("the recording ...")
    result["recording_1mb_c16"] = wrk(stack, f"/api/calls/{calls[0]['id']}/recording", 16, token)
    result["recording_1mb_c16"]["megabytes_per_s"] = result["recording_1mb_c16"]["requests_per_s"]
    stack.stop("api-gateway")
    stack.execute("TRUNCATE todo")  # the handlers begin without
    return result


def bench_handler(stack, service):
    """From the first to the last event: consume, decode, inbox, rows, step, outbox row, commit; relay beside it."""
    say(f"{service}: {CALLS} events ...")
    stack.execute("TRUNCATE inbox, outbox")
    stack.start(service)
    stack.wait_ready(service)
    until(f"{service} done", 600, lambda: stack.one(f"SELECT count(*) FROM inbox WHERE service = '{service}'") >= CALLS,
          every=0.5)
    (span,) = stack.sql(f"""SELECT extract(epoch FROM max(handled_at) - min(handled_at)) AS s, count(*) AS n
                            FROM inbox WHERE service = '{service}'""")
    until("the outbox empty", 300, lambda: stack.one("SELECT count(*) FROM outbox") == 0, every=0.5)
    dead = stack.one("SELECT count(*) FROM dead_letter")
    assert dead == 0, f"{dead} dead letters"
    stack.stop(service)
    return {"events": span["n"], "seconds": round(float(span["s"]), 2),
            "events_per_s": round(span["n"] / float(span["s"]))}


def main():
    with Stack("bench", HANDLERS="2") as stack:
        say(f"{CALLS} calls ...")
        seed(stack)
        result = {"calls": CALLS, "cores": os.cpu_count(), "api": bench_api(stack)}
        rows = stack._psql(stack.worker_url, "COPY (SELECT id, organization_id, call_sid FROM call) TO STDOUT")
        flood = subprocess.run([stack.bin / "flood", str(CALLS)], input=rows, env=stack.env, capture_output=True,
                               text=True, check=True)
        result["flood"] = json.loads(flood.stdout)
        result["handlers"] = {s: bench_handler(stack, s) for s in ("todo-extractor", "contact-enricher")}
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
