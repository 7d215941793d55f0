"""Live pages, and what happens when PostgreSQL goes away or the process is told to stop."""
import json
import pathlib
import signal
import sys
import threading
import time
import urllib.parse

from world import World, ask, assert_problem, tell, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from live_line import Line  # noqa: E402
from proxy import Proxy  # noqa: E402
from stack import free_port  # noqa: E402

FAST = {"LIVE_HEARTBEAT_MS": "200", "LIVE_RECHECK_MS": "400", "LIVE_PAGES_PER_USER": "3"}


class Page:
    """An open GET /api/events; reads in the background."""

    def __init__(self, world, token):
        self.connection = world.connect()
        self.connection.request("GET", "/api/events", headers={"Authorization": f"Bearer {token}"})
        self.answer = self.connection.getresponse()
        self.status, self.lines, self.ended = self.answer.status, [], False
        if self.status == 200:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for line in self.answer:
                self.lines.append(line.decode())
        except (OSError, ValueError, AttributeError):
            pass
        self.ended = True

    def events(self):
        """(name, data) of each event so far."""
        blocks = "".join(self.lines).split("\n\n")[:-1]
        fields = [dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":")) for block in blocks]
        return [(f["event"], json.loads(f["data"])) for f in fields if "event" in f]

    def close(self):
        self.connection.close()


def reruns(page):
    return [data["call_id"] for name, data in page.events() if name == "call.rerun-requested"]


def rerun_until_seen(organization, call, page):
    """The hub's consumer takes a while to have its partitions; from then on nothing is missed."""
    def asked_and_seen():
        assert organization.post(f"/api/calls/{call}/rerun").status == 202
        return call in reruns(page)
    until("an event on the page", 30, asked_and_seen, every=0.3)


def an_event_reaches_the_pages_of_its_organization_only(world):
    call, other = world.ada.full_call(), world.eve.full_call()
    page, foreign = Page(world, world.ada.token), Page(world, world.eve.token)

    assert page.status == foreign.status == 200
    assert page.answer.headers["Content-Type"] == "text/event-stream"
    rerun_until_seen(world.ada, call, page)
    rerun_until_seen(world.eve, other, foreign)
    assert set(reruns(page)) == {call} and set(reruns(foreign)) == {other}
    (_, data) = page.events()[0]
    assert data["step"] == "analyze" and data["state"] == "running" and data["occurred_at"].endswith("Z")
    page.close()
    foreign.close()


def what_is_said_on_a_line_reaches_the_pages_of_its_organization_only(world):
    call, other = world.ada.full_call(), world.eve.full_call()
    page, foreign = Page(world, world.ada.token), Page(world, world.eve.token)
    rerun_until_seen(world.ada, call, page)
    rerun_until_seen(world.eve, other, foreign)

    def spoken(of):
        return [(name, data) for name, data in of.events() if name.startswith("live.")]
    mine, theirs = Line(world.stack, world.ada.id, call).begin(), Line(world.stack, world.eve.id, other).begin()
    mine.say("agent", 'Hello, "this" is\nthe \u00e9', interrupted=True)
    mine.say("caller", "Hi.")
    theirs.say("caller", "Not for Ada.")
    until("both turns", 10, lambda: len(spoken(page)) == 2)
    mine.end("model-lost")
    until("the end", 10, lambda: len(spoken(page)) == 3)
    until("the other's turn", 10, lambda: spoken(foreign))

    (session,) = world.ada.get(f"/api/calls/{call}").json["live_sessions"]
    for (name, data), turn in zip(spoken(page), session["turns"]):
        assert name == "live.turn" and data["call_id"] == call and data["session_id"] == session["id"], data
        assert turn == {"id": data["turn_id"], **{field: data[field] for field in turn if field != "id"}}
    name, data = spoken(page)[2]
    assert (name, data["session_id"], data["reason"]) == ("live.ended", session["id"], "model-lost") and "text" not in data
    assert [(name, data["call_id"]) for name, data in spoken(foreign)] == [("live.turn", other)]
    page.close()
    foreign.close()


def a_quiet_page_hears_a_heartbeat(world):
    page = Page(world, world.ada.token)

    until("two heartbeats", 10, lambda: page.lines.count(": \n") >= 2)
    page.close()


def a_user_has_so_many_pages_and_no_more(world):
    token = world.ada.log_in().token
    pages = []

    def opened():
        pages.append(Page(world, token))
        return pages[-1].status == 429
    until("one page too many", 10, opened)
    assert len([p for p in pages if p.status == 200]) == 3
    assert pages[-1].answer.headers["Retry-After"]
    for page in pages:
        page.close()
    until("room again", 10, lambda: Page(world, token).status == 200)


def a_page_ends_with_its_session(world):
    token = world.post("/api/session", {"email": "eve@example.com", "password": "correct horse battery staple"}).json["token"]
    page = Page(world, token)

    assert page.status == 200
    assert world.delete("/api/session", Authorization=f"Bearer {token}").status == 204
    until("the page's end", 10, lambda: page.ended)


def without_the_database_requests_are_told_to_come_back(world):
    world.database.off()
    began = time.monotonic()
    answer = world.ada.get("/api/calls")

    assert_problem(answer, 503)
    assert answer.headers["Retry-After"] and time.monotonic() - began < 15
    assert_problem(world.post("/api/session", {"email": "ada@example.com", "password": "x" * 9}), 503)
    until("not ready", 20, lambda: ask("GET", f"http://127.0.0.1:{world.stack.ports['api-gateway']}/readyz").status == 503)
    world.database.on()
    until("calls again", 30, lambda: world.ada.get("/api/calls").status == 200)


def told_to_stop_it_ends_its_pages_and_then_itself(world):
    page = Page(world, world.eve.token)
    process = world.stack.processes["api-gateway"]
    until("a line", 10, lambda: page.lines)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0, world.stack.log_tail("api-gateway")
    assert time.monotonic() - began < 15
    until("the page's end", 5, lambda: page.ended)


STORIES = (an_event_reaches_the_pages_of_its_organization_only,
           what_is_said_on_a_line_reaches_the_pages_of_its_organization_only, a_quiet_page_hears_a_heartbeat,
           a_user_has_so_many_pages_and_no_more, a_page_ends_with_its_session,
           without_the_database_requests_are_told_to_come_back, told_to_stop_it_ends_its_pages_and_then_itself)


class ProxiedWorld(World):
    """The gateway's database stands behind a switch."""

    def __enter__(self):
        url = urllib.parse.urlsplit(self.stack.api_role_url)
        self.database = Proxy(free_port(), (url.hostname, url.port)).on()
        credentials = url.netloc.rpartition("@")[0]
        self.stack.api_role_url = url._replace(netloc=f"{credentials}@127.0.0.1:{self.database.port}").geturl()
        return super().__enter__()


if __name__ == "__main__":
    with ProxiedWorld("api-live", **FAST) as the_world:
        tell(STORIES, the_world)
