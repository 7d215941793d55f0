"""Which trace a request belongs to, as the gateway's log tells it: a known client's, or that of the call which it changes.
What a collector is told of calls is in tests/integration/observability."""
import json
import urllib.parse

from world import World, tell, until

CLIENT = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{CLIENT}-b7ad6b7169203331-01"


class Log:
    def __init__(self, world):
        self.path = world.stack.dir / "api-gateway.log"
        self.told = 0

    def next_request(self):
        """Waits for what is said of the next one: its trace's id, or None."""
        def look():
            lines = [json.loads(line) for line in self.path.read_text().splitlines() if '"msg":"request"' in line]
            return lines[self.told:self.told + 1]
        (line,) = until("a request in the log", 10, look)
        self.told += 1
        return line.get("trace_id"), line["route"], line["status"]


def log_of(world):
    """From here on."""
    log = Log(world)
    log.told = log.path.read_text().count('"msg":"request"')
    world.get("/api/openapi.json")
    until("the requests before", 10, lambda: log.next_request()[1] == "/api/openapi.json")
    return log


def a_clients_trace_is_taken_where_the_client_is_known(world):
    log = log_of(world)
    for ask, told in ((lambda **h: world.ada.get("/api/calls", **h), (CLIENT, "/api/calls", 200)),
                      (lambda **h: world.get("/api/calls", **h), (None, "/api/calls", 401)),
                      (lambda **h: world.get("/api/calls", Authorization="Bearer x", **h), (None, "/api/calls", 401)),
                      (lambda **h: world.get("/login", **h), (None, "/login", 200)),
                      (lambda **h: world.ada.patch("/api/settings", {}, **h), (CLIENT, "/api/settings", 400))):
        ask(traceparent=PARENT)
        assert log.next_request() == told, told


def a_header_that_is_none_is_no_trace(world):
    log = log_of(world)
    for header in ("", "x", PARENT.upper(), PARENT + "-", f"00-{CLIENT}-0000000000000000-01"):
        world.ada.get("/api/calls", traceparent=header)
        assert log.next_request() == (None, "/api/calls", 200), header


def what_changes_a_call_is_in_the_calls_trace(world):
    log, call, other = log_of(world), world.ada.full_call(), world.ada.full_call()
    its = call.replace("-", "")
    world.ada.get(f"/api/calls/{call}")
    assert log.next_request() == (None, "/api/calls/{id}", 200), "who only looks leaves nothing"
    assert world.ada.post(f"/api/calls/{call}/rerun").status == 202
    assert log.next_request() == (its, "/api/calls/{id}/rerun", 202)
    assert world.ada.post(f"/api/calls/{call}/rerun", traceparent=PARENT).status == 202
    assert log.next_request() == (CLIENT, "/api/calls/{id}/rerun", 202)
    world.eve.delete(f"/api/calls/{call}")
    assert log.next_request() == (None, "/api/calls/{id}", 404), "another's call is not there"
    assert world.ada.delete(f"/api/calls/{call}").status == 204
    assert log.next_request() == (its, "/api/calls/{id}", 204)
    world.ada.post(f"/api/calls/{other}/steps/analyze/retry")
    assert log.next_request() == (other.replace("-", ""), "/api/calls/{id}/steps/{step}/retry", 409)


def what_is_brought_in_begins_its_trace(world):
    log, query = log_of(world), {"from": "+15550002222", "to": world.ada.number, "started_at": "2026-10-01T09:30:00Z"}
    frames = 100 * (bytes.fromhex("fff34800") + bytes(140))
    answer = world.ada.post("/api/calls/import?" + urllib.parse.urlencode(query), frames, Content_Type="audio/mpeg")
    assert answer.status == 201, answer.text
    assert log.next_request() == (answer.json["id"].replace("-", ""), "/api/calls/import", 201)


STORIES = (a_clients_trace_is_taken_where_the_client_is_known, a_header_that_is_none_is_no_trace,
           what_changes_a_call_is_in_the_calls_trace, what_is_brought_in_begins_its_trace)

if __name__ == "__main__":
    with World("api-traces", LOG_LEVEL="debug", LOG_FORMAT="json") as the_world:
        tell(STORIES, the_world)
