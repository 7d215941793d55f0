"""The overview: days as the organization has them, to-dos, how far the pipeline is behind, and what failed last."""
import datetime
import uuid

from world import Contract, World, assert_problem, quoted, tell, until

PATH = "/api/overview"
ORDER = ["record", "transcribe", "enrich", "analyze", "extract-todos", "report"]
NONE = {"waiting": 0, "running": 0, "failed": 0, "oldest_waiting_s": None}


def zone(organization, name):
    organization.stack.execute(f"UPDATE organization SET time_zone = {quoted(name)} WHERE id = '{organization.id}'")


def far_zone():
    """One in which it is another day than in UTC, and how many hours it is ahead."""
    return ("Etc/GMT+12", -12) if datetime.datetime.now(datetime.timezone.utc).hour < 12 else ("Etc/GMT-14", 14)


def no_midnight_is_near():
    """In UTC or in the far zone: the stories are of one day."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return 12 * 3600 - (now.hour % 12 * 3600 + now.minute * 60 + now.second) > 90


def days(organization, count=30):
    return organization.get(f"{PATH}?days={count}").json["days"]


def today(organization):
    """The organization's, as the database has it."""
    return datetime.date.fromisoformat(organization.stack.one(
        f"SELECT (now() AT TIME ZONE time_zone)::date FROM organization WHERE id = '{organization.id}'"))


def todo(organization, call, **fields):
    row = {"id": uuid.uuid4(), "call_id": call, "organization_id": organization.id, "title": "Do it", "owner": "agent",
           "evidence": "I will.", "fingerprint": uuid.uuid4(), **fields}
    organization.stack.execute(f"INSERT INTO todo ({', '.join(row)}) VALUES ({', '.join(map(quoted, row.values()))})")


def steps(organization, call, opened_s, **states):
    """All steps of a call, opened so long ago and waiting; `states` names others: state, or (state, seconds ago)."""
    rows = []
    for name in ORDER:
        state = states.get(name.replace("-", "_"), "waiting")
        state, ago = state if isinstance(state, tuple) else (state, opened_s)
        rows.append(f"('{call}', '{organization.id}', '{name}', '{state}', 1, '{name} {state}', now() - interval '{ago} seconds')")
    organization.stack.execute("INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason, updated_at) VALUES "
                               + ", ".join(rows))


def lag(organization):
    shown = organization.get(PATH).json["steps"]
    assert [step["step"] for step in shown] == ORDER
    return {step.pop("step"): step for step in shown}


def near(seen, seconds):
    return seconds <= seen <= seconds + 60


def clear(world):
    world.stack.execute("DELETE FROM call")


def nothing_yet_is_every_day_and_every_step(world):
    empty = world.ada.get(PATH).json

    assert len(empty["days"]) == 30 and all(sum(v for k, v in day.items() if k != "date") == 0 for day in empty["days"])
    assert empty["todos"] == {"open": 0, "overdue": 0, "done": 0} and empty["failures"] == []
    assert list(lag(world.ada).values()) == [NONE] * 6
    for count in (1, 7, 366):
        last = today(world.ada)
        shown = [day["date"] for day in days(world.ada, count)]
        assert shown == [(last - datetime.timedelta(n)).isoformat() for n in range(count - 1, -1, -1)]


def a_day_is_the_organizations_own(world):
    name, ahead = far_zone()
    zone(world.ada, name)
    last = today(world.ada)
    assert last != today(world.eve)
    midnight = datetime.datetime.combine(last, datetime.time(), datetime.timezone(datetime.timedelta(hours=ahead)))
    for before, sentiment in ((datetime.timedelta(0), "positive"), (datetime.timedelta(microseconds=1), "negative"),
                              (datetime.timedelta(days=1), "mixed"), (datetime.timedelta(days=2), None),
                              (datetime.timedelta(days=2, microseconds=1), "neutral")):
        world.ada.call(at=(midnight - before).isoformat(), sentiment=sentiment, duration_ms=1000)
    world.eve.call(at=midnight.isoformat(), sentiment="positive")
    shown = days(world.ada, 3)

    assert [day["date"] for day in shown] == [(last - datetime.timedelta(n)).isoformat() for n in (2, 1, 0)]
    assert [[day[k] for k in ("calls", "talk_ms", "positive", "neutral", "mixed", "negative")] for day in shown] == [
        [1, 1000, 0, 0, 0, 0], [2, 2000, 0, 0, 1, 1], [1, 1000, 1, 0, 0, 0]]
    assert sum(day["neutral"] for day in days(world.ada, 4)) == 1


def a_day_on_which_clocks_change_is_a_day(world):
    zone(world.ada, "Europe/Stockholm")
    last, change = today(world.ada), None
    for year in (last.year, last.year - 1):  # the last Sunday of October: 25 hours
        sunday = datetime.date(year, 10, 31)
        sunday -= datetime.timedelta((sunday.weekday() + 1) % 7)
        change = change or (sunday if sunday < last else None)
    for hour in range(-3, 26):  # begins at 22:00 UTC and ends at 23:00
        world.ada.call(at=f"{datetime.datetime.combine(change, datetime.time()) + datetime.timedelta(hours=hour)}Z", direction="outbound")
    shown = {day["date"]: day["calls"] for day in days(world.ada, 366)}
    assert shown[change.isoformat()] == 25
    world.stack.execute("DELETE FROM call WHERE direction = 'outbound'")


def a_time_zone_that_nobody_knows_is_utc(world):
    expected = days(world.eve)
    zone(world.eve, "Middle/Earth")
    assert days(world.eve) == expected and world.eve.get(PATH).status == 200
    zone(world.eve, "UTC")


def todos_are_overdue_by_the_organizations_day(world):
    name, _ = far_zone()
    zone(world.ada, name)
    call, last = world.ada.call(), today(world.ada)
    yesterday = last - datetime.timedelta(1)
    for fields in ({"due_date": yesterday}, {"due_date": last}, {"due_date": "2999-01-01"}, {}, {"due_date": yesterday, "done": True},
                   {"done": True}, {"due_date": yesterday, "deleted_at": "2026-01-01"}, {"done": True, "deleted_at": "2026-01-01"}):
        todo(world.ada, call, **fields)
    todo(world.eve, world.eve.call())

    assert world.ada.get(PATH).json["todos"] == {"open": 4, "overdue": 1, "done": 2}
    assert world.eve.get(PATH).json["todos"] == {"open": 1, "overdue": 0, "done": 0}


def only_what_can_run_waits(world):
    """Steps are opened together: those behind one that is not done, or has failed, are no lag."""
    clear(world)
    ada, rest = world.ada, dict.fromkeys(ORDER, NONE)
    steps(ada, ada.call(), 500)
    seen = lag(ada)
    assert seen["record"]["waiting"] == 1 and near(seen["record"]["oldest_waiting_s"], 500)
    assert {**seen, "record": NONE} == rest

    clear(world)
    steps(ada, ada.call(), 9000, record=("done", 700))
    seen = lag(ada)
    assert seen["transcribe"]["waiting"] == 1 and near(seen["transcribe"]["oldest_waiting_s"], 700), seen
    assert {**seen, "transcribe": NONE} == rest

    clear(world)
    steps(ada, ada.call(), 9000, record=("done", 800), transcribe=("done", 300), analyze=("running", 200), enrich=("done", 250))
    seen = lag(ada)
    assert seen["extract-todos"]["waiting"] == 1 and near(seen["extract-todos"]["oldest_waiting_s"], 300)
    assert seen["analyze"] == {**NONE, "running": 1, "oldest_waiting_s": seen["analyze"]["oldest_waiting_s"]}
    assert near(seen["analyze"]["oldest_waiting_s"], 200)
    assert seen["report"] == seen["enrich"] == NONE


def what_stands_behind_a_failed_step_is_no_lag(world):
    clear(world)
    ada = world.ada
    steps(ada, ada.call(), 9000, record="failed")
    steps(ada, ada.call(), 9000, record="done", transcribe="failed")
    seen = lag(ada)
    assert seen["record"] == {**NONE, "failed": 1} and seen["transcribe"] == {**NONE, "failed": 1}
    assert all(seen[name] == NONE for name in ORDER[2:])

    steps(ada, ada.call(), 9000, record="done", transcribe="done", enrich=("failed", 400), analyze=("done", 100), extract_todos="waiting")
    assert lag(ada)["report"] == NONE
    world.stack.execute("UPDATE call_step SET state = 'failed', updated_at = now() - interval '60 seconds'"
                        " WHERE step = 'extract-todos' AND attempts = 1 AND call_id IN"
                        " (SELECT call_id FROM call_step WHERE step = 'enrich' AND state = 'failed')")
    seen = lag(ada)
    assert seen["report"]["waiting"] == 1 and near(seen["report"]["oldest_waiting_s"], 60), seen


def the_longest_waiting_is_told_among_many(world):
    clear(world)
    world.stack.execute(f"""
        WITH made AS (
            INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status)
            SELECT gen_random_uuid(), 'CA' || md5('waits' || n), '{world.ada.id}', '{world.ada.number_id}', n::text, '1', 'inbound',
                   'completed' FROM generate_series(0, 149) n
            RETURNING id, organization_id, from_number::int AS n)
        INSERT INTO call_step (call_id, organization_id, step, state, updated_at)
        SELECT id, organization_id, step, state, now() - ago * interval '1 second' FROM made CROSS JOIN LATERAL (
            VALUES ('record', 'done', 1000 - 5 * n), ('transcribe', 'waiting', 9000 - n), ('report', 'waiting', 9000 - n)
        ) s (step, state, ago)""")
    steps(world.eve, world.eve.call(), 90000)
    seen = lag(world.ada)
    assert seen["transcribe"]["waiting"] == 150 and near(seen["transcribe"]["oldest_waiting_s"], 1000), seen
    assert seen["report"] == NONE


def the_last_failures_come_first(world):
    clear(world)
    contact = world.ada.contact("+33123", "Grace Hopper")
    for n in range(25):
        call = world.ada.call(contact_id=contact, from_number=f"+3312300{n:02}")
        steps(world.ada, call, 9000, record="done", transcribe=("failed", 1000 + 100 * n))
    steps(world.eve, world.eve.call(), 9000, record="failed")
    failures = world.ada.get(PATH).json["failures"]

    assert [f["from_to_number"] for f in failures] == [f"+3312300{n:02} -> {world.ada.number}" for n in range(20)]
    assert {**failures[0], "call_id": None, "updated_at": None} == {
        "call_id": None, "from_to_number": failures[0]["from_to_number"], "contact_name": "Grace Hopper", "step": "transcribe",
        "attempts": 1, "reason": "transcribe failed", "updated_at": None}
    assert world.ada.get(f"/api/calls/{failures[0]['call_id']}").json["from_to_number"] == failures[0]["from_to_number"]


def answers_are_as_described(world):
    contract = Contract(world)
    for query in ("", "?days=1", "?days=366"):
        answer = world.ada.get(PATH + query)
        assert answer.status == 200, answer.text
        contract.check("GET", PATH, answer)
    for query in ("?days=0", "?days=367", "?days=-1", "?days=x", "?days=", "?days=1.5", "?days=99999999999999999999",
                  "?days=1&days=2"):
        assert_problem(world.ada.get(PATH + query), 400)
        contract.check("GET", PATH, world.ada.get(PATH + query))
    contract.check("GET", PATH, world.get(PATH))


STORIES = (nothing_yet_is_every_day_and_every_step, a_day_is_the_organizations_own, a_day_on_which_clocks_change_is_a_day,
           a_time_zone_that_nobody_knows_is_utc, todos_are_overdue_by_the_organizations_day, only_what_can_run_waits,
           what_stands_behind_a_failed_step_is_no_lag, the_longest_waiting_is_told_among_many, the_last_failures_come_first,
           answers_are_as_described)

if __name__ == "__main__":
    with World("api-overview") as the_world:
        until("midnight over", 120, no_midnight_is_near, every=1)
        tell(STORIES, the_world)
