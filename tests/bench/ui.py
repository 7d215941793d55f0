"""ui.py - what the list of calls costs a browser when there are many: how soon its first rows are on the screen, and what
scrolling through 2,000 of them leaves in memory. Prints one JSON. By hand, with servers running (deploy/servers):

    PYTHONPATH=... CALLMILL_BIN=build/release/bin python3 tests/bench/ui.py

CALLS (100000), ROWS (2000) and ROUNDS (7) may be set. In the browser "on the screen" is the frame after the rows were
put into the page; each round has a browser context of its own, so nothing is cached. Memory is counted after a garbage
collection.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0] / "browser"))
from office import NUMBER, PASSWORD, Office, until  # noqa: E402

CALLS = int(os.environ.get("CALLS", "100000"))
ROWS = int(os.environ.get("ROWS", "2000"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))

WATCH_FIRST_ROWS = """
new MutationObserver((_, observer) => {
    if (!document.querySelector('.call-row > a')) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.firstRowsMs = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
WATCH_FRAMES = """
window.frames_ms = [];
let before = performance.now();
requestAnimationFrame(function frame(now) { frames_ms.push(now - before); before = now; requestAnimationFrame(frame); });
"""


def seed(office):
    stack = office.stack
    number = stack.one("SELECT id FROM phone_number")
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"organization={office.id}", "-v",
                    f"number_id={number}", "-v", f"number={NUMBER}", "-v", f"calls={CALLS}", "-f", HERE / "seed.sql",
                    stack.worker_url], check=True)
    stack.execute("ANALYZE")


def first_rows_ms(office):
    """From the beginning of the navigation, in a browser that has seen nothing of callmill but its session."""
    page = office.context().new_page()
    page.request.post(office.stack.api + "/api/session", data={"email": "ada@example.com", "password": PASSWORD},
                      headers={"Sec-Fetch-Site": "same-origin"})
    page.add_init_script(WATCH_FIRST_ROWS)
    page.goto(office.stack.api + "/calls")
    took = until("the first rows on the screen", 15, lambda: page.evaluate("window.firstRowsMs"))
    page.context.close()
    return took


def spread(values):
    return {"median": round(statistics.median(values)), "most": round(max(values))}


def memory(cdp):
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}
    return {"heap_kb": round(metrics["JSHeapUsedSize"] / 1024), "nodes": int(metrics["Nodes"]),
            "listeners": int(metrics["JSEventListeners"])}


def scroll_to(page, row):
    """By the wheel, as fast as the page follows."""
    page.mouse.move(640, 500)
    seen = 0
    while seen < row:
        page.mouse.wheel(0, 600)
        seen = page.evaluate("Math.max(0, ...[...document.querySelectorAll('.call-row > a')].map(a => +a.parentElement.ariaPosInSet))")


def scrolling(office):
    page = office.at("/calls")
    page.wait_for_selector(".call-row > a")
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    result = {"rows": ROWS, "before": memory(cdp)}
    scroll_to(page, ROWS // 10)
    result["after_a_tenth"] = memory(cdp)
    page.evaluate(WATCH_FRAMES)
    scroll_to(page, ROWS)
    frames = sorted(page.evaluate("frames_ms"))
    result["after"] = memory(cdp)
    result["frame_ms"] = {"median": round(statistics.median(frames), 1), "p99": round(frames[int(len(frames) * 0.99)], 1)}
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(".call-row[aria-posinset='1'] > a")
    result["back_at_the_top"] = memory(cdp)
    return result


def main():
    with Office("bench-ui", services=("api-gateway",)) as office:
        print(f"{CALLS} calls ...", file=sys.stderr, flush=True)
        seed(office)
        result = {"calls": CALLS, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
                  "first_rows_ms": spread([first_rows_ms(office) for _ in range(ROUNDS)]),
                  "scrolling": scrolling(office)}
        office.no_trouble()
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
