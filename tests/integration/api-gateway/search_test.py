"""Looking for calls: by words, sentiment and failed steps, alone and together, and what is shown of each."""
import urllib.parse
import uuid

from world import Contract, World, assert_problem, quoted, tell

TYPED = ("refunding", "refunds", "invoices", "cancellation", "cancelled", "organizations", "organizing", "availability", "happily",
         "happiness", "certificates", "stopped", "occurring", "using", "going", "delivery", "deliveries", "payment", "helpful",
         "responsibility", "guaranteed", "appointment", "rescheduling", "insurance", "difference", "separator", "mechanisms",
         "anonymously", "finalize", "expensive", "e-mail", "O'Reilly", "Ma\u00f1ana", "B12-9", "theaters", "ordering")
STEPS = ["record", "transcribe", "enrich", "analyze", "extract-todos", "report"]
MANY = 1300  # more than twice what is read one by one before the index of words is asked


def say(organization, call, text):
    """The call's transcription."""
    organization.stack.execute(f"""
        INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
        VALUES ('{uuid.uuid4()}', '{call}', '{organization.id}', 'RE{uuid.uuid4().hex}', {quoted(text)}, 'en', 'test', 'none', 1)""")
    return call


def step(organization, call, name, state):
    organization.stack.execute(f"""INSERT INTO call_step (call_id, organization_id, step, state)
                                   VALUES ('{call}', '{organization.id}', '{name}', '{state}')""")


def find(organization, **filters):
    """The calls of all pages."""
    calls, path = [], "/api/calls?" + urllib.parse.urlencode(filters)
    while path:
        answer = organization.get(path)
        assert answer.status == 200, answer.text
        calls += answer.json
        path = answer.headers["Link"].split(">")[0].lstrip("<") if answer.headers["Link"] else None
    return calls


def ids(organization, **filters):
    return [call["id"] for call in find(organization, **filters)]


def marked(call):
    """The excerpt with the words in brackets."""
    return "".join(f"[{p['text']}]" if p["match"] else p["text"] for p in call["highlight"])


def words_are_found_in_any_form_and_as_phrases(world):
    ada = world.ada
    first = say(ada, ada.call(at="2026-01-01T00:00:00Z"), "Caller: You invoiced me twice.\nAgent: A refund is on its way.")
    second = say(ada, ada.call(at="2026-01-02T00:00:00Z"), "Caller: Where is the last month's invoice?\nAgent: Here it is.")
    ada.call(at="2026-01-03T00:00:00Z")

    assert ids(ada, q="invoices") == [second, first]
    assert ids(ada, q="invoice refund") == [first]
    assert ids(ada, q='"last month"') == [second] and ids(ada, q='"month last"') == []
    assert ids(ada, q="invoice -refund") == [second]
    assert ids(ada, q="refund or month") == [second, first]
    for nothing in ("the", "-", '"', "!!!", ":*", "\U0001F600"):
        assert ids(ada, q=nothing) == [], nothing
    assert "highlight" not in find(ada)[0] and "steps" not in find(ada)[0]


def a_word_is_found_from_its_first_letter_on(world):
    for n, word in enumerate(TYPED):
        day = f"2025-10-{n + 1:02}" if n < 30 else f"2025-11-{n - 29:02}"
        period = {"from": day, "to": day}
        call = say(world.ada, world.ada.call(at=f"{day}T12:00:00Z"), f"Caller: It is about {word} today.")
        for end in range(1, len(word) + 1):
            for q in (word[:end].upper(), f"today {word[:end]}"):
                (found,) = find(world.ada, q=q, **period)
                assert found["id"] == call, q
            if word.isalpha() and end > 3:  # "can" of "cancellation" is left out beside other words
                assert f"about [{word}] [today]." in marked(found), (q, marked(found))


def a_word_that_is_complete_is_no_beginning(world):
    ada, period = world.ada, {"from": "2025-12-01", "to": "2025-12-02"}
    first = say(ada, ada.call(at="2025-12-01T00:00:00Z"), "Caller: The refrigerator and its guarantee.")
    second = say(ada, ada.call(at="2025-12-02T00:00:00Z"), "Caller: The theater has a guarantee.")

    assert ids(ada, q="refrig", **period) == [first]
    for q in ("refrig ", "refrig\t", '"refrig', '"refrig"', '"the refrig"', "refrig guarantee", "refrig!", "-guarantee"):
        assert ids(ada, q=q, **period) == [], q
    assert ids(ada, q="guarantee -refrig", **period) == ids(ada, q="guarantee - refrig", **period) == [second, first]
    assert ids(ada, q="guarantee -refrigerator", **period) == [second]
    assert ids(ada, q='"its guarantee" refrig', **period) == [first]
    assert ids(ada, q="refrig or theat", **period) == [second] and ids(ada, q="refrigerator or theat", **period) == [second, first]
    assert ids(ada, q="guarantee the", **period) == [second, first], "the, not theater"
    assert ids(ada, q="the", **period) == [second] and ids(ada, q="the ", **period) == []
    assert ids(ada, q="guarantee theateri", **period) == [second], "as in theatering"
    assert ids(ada, q="guarantee theax", **period) == []
    for q in ("refrig'", "refrig\\", "refrig':*", "refrig\\'", "refrig:*"):
        assert ids(ada, q=q, **period) == [first], q
    table = ada.get("/api/calls/export?" + urllib.parse.urlencode({"q": "refrig", **period})).text
    assert first in table and second not in table


def an_excerpt_is_pieces_of_text_whatever_was_said(world):
    text = "Agent: Hello.\nCaller: I said <b>refund</b> & \ue000refund\ue001, \"Refunds\" <script>alert(1)</script>!"
    call = say(world.ada, world.ada.call(at="2026-02-01T00:00:00Z"), text)
    (found,) = find(world.ada, q="refunding", **{"from": "2026-02-01", "to": "2026-02-01"})

    assert found["id"] == call
    assert all(set(piece) == {"text", "match"} and piece["text"] for piece in found["highlight"])
    assert [p["text"] for p in found["highlight"] if p["match"]] == ["refund", "refund", "Refunds"]
    shown = "".join(p["text"] for p in found["highlight"])
    assert shown.startswith("Caller: I said") and "alert(1)" in shown
    assert "\ue000" not in shown and "\ue001" not in shown
    (without,) = find(world.ada, q="-invoice -turbine", **{"from": "2026-02-01", "to": "2026-02-01"})
    assert without["highlight"] == [{"text": "Agent: Hello.", "match": False}]


def an_excerpt_is_the_turn_with_most_of_the_words_cut_to_whole_ones(world):
    filler = "so we talked about this and that for quite a while "
    text = f"Caller: A cello.\nAgent: {filler * 20}the cello and the other celloś and my cello {filler * 20}\nCaller: Bye, cello."
    say(world.ada, world.ada.call(at="2026-02-02T00:00:00Z"), text)
    (found,) = find(world.ada, q="cello")
    shown = marked(found)

    assert shown.startswith("… ") and shown.endswith("…") and len(shown) < 340
    assert "the [cello] and the other" in shown and "my [cello]" in shown
    assert shown[2:].split(" ")[0] in filler.split() and shown[:-1].split(" ")[-1] in filler.split()


def a_text_that_repeats_itself_takes_no_longer(world):
    """Choosing fragments by itself, PostgreSQL would take gigabytes for this."""
    say(world.ada, world.ada.call(at="2026-02-03T00:00:00Z"), "Caller: " + "order call order help " * 5000)
    (found,) = find(world.ada, q='"order call order help order call" -zebra')
    assert marked(found).startswith("Caller: [order] [call] [order] [help]")


def many_calls(organization):
    """Each one's words follow from its number, which is its age in minutes; every third has no transcription."""
    world = organization.world
    organization.stack.execute(f"""
        WITH made AS (
            INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status, created_at)
            SELECT gen_random_uuid(), 'CA' || md5('many' || n), '{organization.id}', '{organization.number_id}', '+1555000' || 1000 + n,
                   '{organization.number}', 'inbound', CASE n % 100 WHEN 0 THEN 'busy' ELSE 'completed' END,
                   timestamptz '2025-06-01' - n * interval '1 minute' FROM generate_series(1, {MANY}) n
            RETURNING id, substr(from_number, 9)::int - 1000 AS n)
        INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
        SELECT gen_random_uuid(), id, '{organization.id}', 'RE' || md5('many' || n), 'Caller: common'
               || CASE WHEN n % 10 = 0 THEN ' medium' ELSE '' END || CASE WHEN n % 600 = 0 THEN ' rare' ELSE '' END, 'en', 'test',
               'none', 1 FROM made WHERE n % 3 <> 1""")
    rows = world.stack.sql(f"""SELECT id, substr(from_number, 9)::int - 1000 AS n FROM call
                               WHERE organization_id = '{organization.id}' AND from_number LIKE '+1555000%' AND created_at < '2025-06-01'
                               ORDER BY created_at DESC""")
    assert [row["n"] for row in rows] == list(range(1, MANY + 1))
    return {row["n"]: row["id"] for row in rows}


def rare_and_common_words_are_found_alike(world):
    calls = many_calls(world.ada)
    said = [n for n in calls if n % 3 != 1]
    period = {"from": "2025-05-01", "to": "2025-05-31"}

    def check(expected, **filters):
        for limit in (7, 50, 100):
            assert ids(world.ada, limit=limit, **period, **filters) == [calls[n] for n in expected], (filters, limit)

    check(said, q="common")
    check([n for n in said if n % 10 == 0], q="medium")
    check([n for n in said if n % 600 == 0], q="rare")
    check([n for n in said if n % 10], q="common -medium")
    check(said, q="comm")
    check([n for n in said if n % 10 == 0], q="mediu")
    check([n for n in said if n % 600 == 0], q="common rar")
    check([n for n in said if n % 10 == 0], q="rare or mediu")
    check([n for n in said if n % 100 == 0], q="common", status="busy")
    check([n for n in said if n % 600 == 0], q="rare", status="busy")
    check([], q="rare", status="failed")
    check([n for n in said if n % 10 == 0 and 700 <= n < 800], q="medium", number="00017")
    assert ids(world.ada, q="rare") == [calls[600], calls[1200]]


def analyses_are_searched_with_all_their_runs(world):
    ada = world.ada
    call = say(ada, ada.call(at="2026-03-01T00:00:00Z"), "Caller: I want my money back.")
    ada.run_of(call, "Compliance", "The agent promised a guarantee.")
    ada.run_of(call, "Compliance", "No compliance issues found.", trigger="rerun")
    other = ada.call(at="2026-03-02T00:00:00Z")
    ada.run_of(other, "Summary", "A guarantee was asked for.")

    assert ids(ada, analysis="guarantees") == [other, call]
    assert ids(ada, analysis="guarantee", q="money") == [call]
    assert ids(ada, analysis="guarantee -promised") == [other]
    assert ids(ada, analysis="zebra", q="money") == [] and ids(ada, analysis="guarantee", q="zebra") == []
    assert "highlight" not in find(ada, analysis="guarantee")[0]
    assert marked(find(ada, analysis="guarantee", q="money")[0]) == "Caller: I want my [money] back."


def sentiment_and_failed_steps_narrow_the_list_down(world):
    eve = world.eve
    good = eve.call(at="2026-04-01T00:00:00Z", sentiment="positive")
    bad = eve.call(at="2026-04-02T00:00:00Z", sentiment="negative")
    none = eve.call(at="2026-04-03T00:00:00Z")
    for call, name, state in ((good, "record", "done"), (bad, "record", "done"), (bad, "enrich", "failed"),
                              (bad, "analyze", "failed"), (none, "record", "running")):
        step(eve, call, name, state)

    assert ids(eve, sentiment="negative") == [bad] and ids(eve, sentiment="mixed") == []
    assert ids(eve, failed="true") == [bad] and ids(eve, failed="false") == [none, good]
    assert ids(eve, failed="false", sentiment="positive") == [good]
    say(eve, bad, "Caller: The piano is broken.")
    say(eve, good, "Caller: The piano is fine.")
    assert ids(eve, q="piano") == [bad, good]
    assert ids(eve, q="piano", failed="true") == [bad] and ids(eve, q="piano", failed="false") == [good]


def steps_come_along_in_the_pipelines_order(world):
    call = world.ada.full_call(at="2026-05-01T00:00:00Z")
    none = world.ada.call(at="2026-05-02T00:00:00Z")
    world.stack.execute(f"UPDATE call_step SET state = 'failed' WHERE call_id = '{call}' AND step = 'analyze'")

    for filters in ({"from": "2026-05-01", "to": "2026-05-02"}, {"limit": 3}, {"limit": 50}, {"limit": 100}):
        shown = {c["id"]: c["steps"] for c in world.ada.get("/api/calls?" + urllib.parse.urlencode(
            {**filters, "include": "steps"})).json}
        assert [s["step"] for s in shown[call]] == STEPS and shown[none] == []
        assert {s["step"]: s["state"] for s in shown[call]}["analyze"] == "failed"
        assert set(shown[call][0]) == {"step", "state"}
    (found,) = find(world.ada, include="steps", q="ready")
    assert found["id"] == call and marked(found) == 'Caller: Is it "[ready]"? é' and len(found["steps"]) == 6


def nobody_finds_anothers_words(world):
    say(world.ada, world.ada.call(), "Caller: A saxophone.")
    world.ada.run_of(world.ada.call(), "Summary", "About a saxophone.")

    assert ids(world.eve, q="saxophone") == ids(world.eve, analysis="saxophone") == []
    assert len(ids(world.ada, q="saxophone")) == len(ids(world.ada, analysis="saxophone")) == 1


def every_answer_is_as_described(world):
    contract = Contract(world)
    for query in ("q=common&limit=3", "q=rare", "q=zebra", "include=steps", "include=steps&q=common&limit=2", "sentiment=mixed",
                  "failed=true", "analysis=compliance", "from=0001-01-01", "to=9999-12-31", "to=0001-01-01",
                  "from=9999-12-31", "q=" + "x" * 200, "q=" + urllib.parse.quote("\U0001F600" * 200)):
        answer = world.ada.get("/api/calls?" + query)
        assert answer.status == 200, f"{query}: {answer.text}"
        contract.check("GET", "/api/calls", answer)
    for query in ("q=", "q=" + "x" * 201, "analysis=", "analysis=" + "x" * 201, "sentiment=angry", "sentiment=", "failed=maybe",
                  "failed=", "include=all", "include=", "q=%00", "q=%ed%a0%80", "analysis=%ff", "q=a&q=b"):
        answer = world.ada.get("/api/calls?" + query)
        assert_problem(answer, 400)
        contract.check("GET", "/api/calls", answer)


STORIES = (words_are_found_in_any_form_and_as_phrases, a_word_is_found_from_its_first_letter_on,
           a_word_that_is_complete_is_no_beginning, an_excerpt_is_pieces_of_text_whatever_was_said,
           an_excerpt_is_the_turn_with_most_of_the_words_cut_to_whole_ones, a_text_that_repeats_itself_takes_no_longer,
           rare_and_common_words_are_found_alike, analyses_are_searched_with_all_their_runs,
           sentiment_and_failed_steps_narrow_the_list_down, steps_come_along_in_the_pipelines_order,
           nobody_finds_anothers_words, every_answer_is_as_described)

if __name__ == "__main__":
    with World("api-search") as the_world:
        tell(STORIES, the_world)
