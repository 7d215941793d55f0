"""What is heard of a call while it lasts: its sessions and turns, and which calls are live."""
import datetime
import uuid

from world import Contract, World, as_api_role, assert_as_quick, assert_problem, pages, tell

BEGAN = datetime.datetime(2026, 11, 23, 10, 0, tzinfo=datetime.timezone.utc)


def at(second):
    return (BEGAN + datetime.timedelta(seconds=second)).isoformat()


def shown(organization, call):
    answer = organization.get(f"/api/calls/{call}")
    assert answer.status == 200, answer.text
    return answer.json


def a_call_that_nobody_listens_to_has_no_session(world):
    call = world.ada.call(status="in-progress")

    details = shown(world.ada, call)
    assert details["live"] is False and details["live_sessions"] == []
    assert world.ada.get("/api/calls").json[0]["live"] is False


def a_session_shows_from_its_beginning_and_each_turn_as_it_ends(world):
    call = world.ada.call(status="in-progress")
    session = world.ada.live_session(call, at(1), engine="realtime", model="gpt-realtime")
    opened = {"id": session, "kind": "assistant", "engine": "realtime", "model": "gpt-realtime",
              "started_at": "2026-11-23T10:00:01.000000Z", "ended_at": None, "reason": None, "turns": []}

    details = shown(world.ada, call)
    assert details["live"] is True and details["live_sessions"] == [opened]

    (hello,) = world.ada.live_turns(session, call, ("agent", 0, 1800, 'How can I "help"? \u00e9'), interrupted=True)
    (asks,) = world.ada.live_turns(session, call, ("caller", 1500, 3000, "Where is\nmy order?"), first=1)
    details = shown(world.ada, call)
    assert details["live_sessions"] == [{**opened, "turns": [
        {"id": hello, "position": 0, "role": "agent", "start_ms": 0, "end_ms": 1800, "text": 'How can I "help"? \u00e9', "interrupted": True},
        {"id": asks, "position": 1, "role": "caller", "start_ms": 1500, "end_ms": 3000, "text": "Where is\nmy order?", "interrupted": False}]}]

    world.ada.end_session(session, at(9), "model-lost")
    details = shown(world.ada, call)
    assert details["live"] is False
    assert [(s["ended_at"], s["reason"]) for s in details["live_sessions"]] == [("2026-11-23T10:00:09.000000Z", "model-lost")]


def the_sessions_of_a_call_follow_each_other(world):
    call = world.ada.call(status="in-progress")
    later = world.ada.live_session(call, at(60), kind="captions", engine="whisper", model="tiny.en")
    first = world.ada.live_session(call, at(0), ended_at=at(20), reason="lost")
    between = world.ada.live_session(call, at(30), ended_at=at(31), reason="refused")
    world.ada.live_turns(later, call, ("caller", 0, 900, "Hello again?"))
    world.ada.live_turns(first, call, ("agent", 0, 900, "Hello."), ("caller", 1000, 1900, "Hello?"))

    sessions = shown(world.ada, call)["live_sessions"]
    assert [s["id"] for s in sessions] == [first, between, later]
    assert [[t["text"] for t in s["turns"]] for s in sessions] == [["Hello.", "Hello?"], [], ["Hello again?"]]
    assert [s["kind"] for s in sessions] == ["assistant", "assistant", "captions"]
    assert world.ada.get(f"/api/calls/{call}/export").json["live_sessions"] == sessions


def of_a_long_call_the_newest_turns_are_kept(world):
    call = world.ada.call(status="in-progress")
    old, long = world.ada.live_session(call, at(0), ended_at=at(5), reason="lost"), world.ada.live_session(call, at(10))
    world.ada.live_turns(old, call, ("caller", 0, 900, "Long ago."))
    world.stack.execute(f"""
        INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms, end_ms, text)
        SELECT gen_random_uuid(), '{long}', '{call}', '{world.ada.id}', n, 'caller', n * 1000, n * 1000 + 900, 'Turn ' || n
        FROM generate_series(0, 1998) n""")
    sessions = shown(world.ada, call)["live_sessions"]
    assert [len(s["turns"]) for s in sessions] == [1, 1999]

    world.ada.live_turns(long, call, ("caller", 1999000, 1999900, "Turn 1999"), ("caller", 2000000, 2000900, "Turn 2000"), first=1999)
    (session,) = shown(world.ada, call)["live_sessions"]
    assert session["id"] == long
    assert [t["position"] for t in session["turns"]] == list(range(1, 2001))
    assert session["turns"][-1]["text"] == "Turn 2000"


def the_list_tells_which_calls_are_live(world):
    over, live = world.ada.full_call(), world.ada.call(at="2026-11-23T12:00:00Z", status="in-progress", from_number="+15557770001")
    world.ada.live_session(over, at(0), ended_at=at(50), reason="stopped")
    session = world.ada.live_session(live, at(7200))
    world.eve.live_session(world.eve.call(status="in-progress"), at(0))

    def flags(path):
        rows = [call for page in pages(world.ada, path) for call in page]
        return {call["id"]: call["live"] for call in rows if call["id"] in (over, live)}
    for path in ("/api/calls", "/api/calls?limit=20", "/api/calls?limit=100", "/api/calls?include=steps", "/api/calls?limit=1&include=steps"):
        assert flags(path) == {over: False, live: True}, path
    assert flags("/api/calls?number=%2B1555777") == {live: True}
    assert flags("/api/calls?failed=false&status=completed") == {over: False}
    assert flags("/api/calls?q=ready") == {over: False}
    world.ada.end_session(session, at(7260), "stopped")
    assert flags("/api/calls") == {over: False, live: False}


def another_organization_hears_nothing(world):
    call = world.ada.call(status="in-progress")
    world.ada.live_turns(world.ada.live_session(call, at(0)), call, ("caller", 0, 900, "Between us."))

    for path in (f"/api/calls/{call}", f"/api/calls/{call}/export"):
        foreign, absent = world.eve.get(path), world.eve.get(path.replace(call, str(uuid.uuid4())))
        assert_problem(foreign, 404)
        assert foreign.body == absent.body
    seen = as_api_role(world, f"""BEGIN; SELECT set_config('callmill.organization', '{world.eve.id}', true);
        SELECT 'heard' FROM live_turn WHERE call_id = '{call}'; SELECT 'heard' FROM live_session WHERE call_id = '{call}';
        SELECT 'heard' FROM live_turn WHERE organization_id <> '{world.eve.id}'""")
    assert seen.stdout.split() == [world.eve.id] and not seen.stderr, seen
    for table in ("live_session", "live_turn", "stream_token", "live_holder"):
        refused = as_api_role(world, f"BEGIN; SELECT set_config('callmill.organization', '{world.ada.id}', true); DELETE FROM {table}")
        assert "permission denied" in refused.stderr, (table, refused)


def what_was_heard_goes_with_its_call(world):
    call = world.ada.call()
    world.ada.live_turns(world.ada.live_session(call, at(0), ended_at=at(5), reason="stopped"), call, ("caller", 0, 900, "Forget it."))
    world.ada.live_session(call, at(6))

    assert world.ada.delete(f"/api/calls/{call}").status == 204
    for table in ("live_session", "live_turn"):
        assert world.stack.one(f"SELECT count(*) FROM {table} WHERE call_id = '{call}'") == 0, table


def answers_are_as_described(world):
    contract = Contract(world)
    call = world.ada.call(status="in-progress")
    world.ada.live_session(call, at(0), ended_at=at(5), reason="hung-up", kind="captions")
    world.ada.live_turns(world.ada.live_session(call, at(10)), call, ("agent", 0, 900, "Hello."))

    contract.check("GET", "/api/calls", world.ada.get("/api/calls"))
    contract.check("GET", "/api/calls/{id}", world.ada.get(f"/api/calls/{call}"))


# Of one organization every call is live, of the other none is.
def many_live_calls_cost_the_list_nothing(world):
    world.stack.execute(f"""
        WITH made AS (INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status, created_at)
            SELECT gen_random_uuid(), 'CA' || md5(o.id || ' ' || n), o.id, p.id, '+1555', p.number, 'inbound', 'in-progress',
                   '2026-10-01'::timestamptz + n * interval '1 second'
            FROM organization o JOIN phone_number p ON p.organization_id = o.id, generate_series(1, 1000) n RETURNING id, organization_id)
        INSERT INTO live_session (id, call_id, organization_id, stream_sid, kind, holder_id, started_at, ended_at, reason)
        SELECT gen_random_uuid(), id, organization_id, 'MZ' || md5(id::text), 'captions',
               CASE WHEN live THEN '{world.ada.holder}'::uuid END, '2026-10-01', CASE WHEN NOT live THEN '2026-10-02'::timestamptz END,
               CASE WHEN NOT live THEN 'stopped' END
        FROM made, LATERAL (SELECT organization_id = '{world.ada.id}' AS live) x""")
    world.stack.execute("ANALYZE call; ANALYZE live_session")

    assert_as_quick(world.ada, world.eve, ("/api/calls", "/api/calls?include=steps&limit=20", "/api/calls?number=%2B1555"))


STORIES = (a_call_that_nobody_listens_to_has_no_session, a_session_shows_from_its_beginning_and_each_turn_as_it_ends,
           the_sessions_of_a_call_follow_each_other, of_a_long_call_the_newest_turns_are_kept,
           the_list_tells_which_calls_are_live, another_organization_hears_nothing, what_was_heard_goes_with_its_call,
           answers_are_as_described, many_live_calls_cost_the_list_nothing)

if __name__ == "__main__":
    with World("api-live-sessions") as the_world:
        tell(STORIES, the_world)
