"""To-dos as people see, add and change them: the order, the filters, and that what a person did stays done."""
import concurrent.futures
import random
import urllib.parse
import uuid

from world import Contract, World, assert_as_quick, assert_problem, pages, quoted, tell

PATH = "/api/todos"
MANY = 100_000


def titles(rows):
    return [row["title"] for row in rows]


def listed(organization, **query):
    answer = organization.get(f"{PATH}?{urllib.parse.urlencode({'limit': 100, **query})}")
    assert answer.status == 200, answer.text
    return answer.json


def a_todo(organization, call, title, **fields):
    answer = organization.post(PATH, {"call_id": call, "title": title, **fields})
    assert answer.status == 201, answer.text
    return answer.json


def found(organization, call, *todos):
    """To-dos as the extractor leaves them: (title, due date, created at, more columns)."""
    for n, (title, due, at, *more) in enumerate(todos):
        row = {"id": str(uuid.uuid4()), "call_id": call, "organization_id": organization.id, "title": title, "owner": "agent",
               "due_date": due, "evidence": "I will.", "fingerprint": uuid.uuid4().hex, "position": n, "created_at": at,
               **(more[0] if more else {})}
        organization.stack.execute(f"INSERT INTO todo ({', '.join(row)}) VALUES ({', '.join(map(quoted, row.values()))})")


def answers_are_as_described(world):
    contract = Contract(world)
    call = world.ada.full_call()
    made = world.ada.post(PATH, {"call_id": call, "title": "Described", "assignee_id": world.ada.user})
    contract.check("POST", PATH, made)
    at = made.headers["Location"]
    for query in ("", "?limit=1", "?done=false", "?q=described&owner=agent&due_before=2027-01-01", "?assignee=nobody", "?assignee=some",
                  "?done=maybe", "?cursor=x"):
        contract.check("GET", PATH, world.ada.get(PATH + query))
    contract.check("GET", PATH + "/{id}", world.ada.get(at))
    for change in ({"due_date": "2026-12-24"}, {"assignee_id": None}, {"title": ""}, {}):
        contract.check("PATCH", PATH + "/{id}", world.ada.patch(at, change))
    contract.check("DELETE", PATH + "/{id}", world.ada.delete(at))
    contract.check("DELETE", PATH + "/{id}", world.ada.delete(at))
    contract.check("POST", PATH, world.ada.post(PATH, {"call_id": str(uuid.uuid4()), "title": "x"}))
    for answer in (world.get(PATH), world.get(at), world.post(PATH, {}), world.patch(at, {}), world.delete(at)):
        assert_problem(answer, 401)


def what_is_due_first_comes_first_and_what_is_not_due_last(world):
    call = world.eve.call()
    found(world.eve, call, ("Without, older", None, "2026-11-01T10:00:00Z"), ("Later", "9999-12-31", "2026-11-01T10:00:00Z"),
          ("Soon, newer", "2026-11-24", "2026-11-02T10:00:00Z"), ("Without, newer", None, "2026-11-02T10:00:00Z"),
          ("Overdue", "0001-01-01", "2026-11-01T10:00:00Z"), ("Soon, older", "2026-11-24", "2026-11-01T10:00:00Z"))
    assert titles(listed(world.eve)) == ["Overdue", "Soon, newer", "Soon, older", "Later", "Without, newer", "Without, older"]
    (overdue, *_) = listed(world.eve)
    assert overdue["due_date"] == "0001-01-01" and overdue["call"]["id"] == call and overdue["assignee"] is None
    assert overdue["evidence"] == {"segment_id": None, "text": "I will."} and overdue["edited_at"] is None


def a_to_do_is_shown_with_its_call(world):
    call = world.ada.full_call(from_number="+15551234567")
    (todo,) = [t for t in listed(world.ada) if t["call"]["id"] == call]
    (on_page,) = world.ada.get(f"/api/calls/{call}").json["todos"]
    assert todo["call"] == {"id": call, "from_to_number": "+15551234567 -> +15559876501", "contact_name": "Grace Hopper",
                            "created_at": "2026-11-23T10:00:00.000000Z"}
    assert {name: todo[name] for name in on_page} == on_page
    assert world.ada.get(f"{PATH}/{todo['id']}").json == todo


def pages_show_every_to_do_once_even_where_days_and_times_are_equal(world):
    call, chance = world.ada.call(), random.Random(1)
    found(world.ada, call, *((f"Page {n}", chance.choice((None, None, "2026-12-01", "2026-12-02", "2027-01-01")),
                              f"2026-11-0{chance.randint(1, 3)}T10:00:00Z", {"done": n % 3 == 0}) for n in range(40)))
    for query in ("q=page", "q=page&done=false", "q=page&assignee=nobody", "q=PAGE+1&done=true", "done=false", "due_before=2026-12-02", ""):
        whole = [t["id"] for t in world.ada.get(f"{PATH}?limit=100&{query}").json]
        for limit in (1, 7):
            shown = pages(world.ada, f"{PATH}?limit={limit}&{query}")
            assert [t["id"] for page in shown for t in page] == whole, f"{query}, {limit} at a time"
            assert all(len(page) == limit for page in shown[:-1])


def filters_narrow_the_list_down(world):
    call, assignee = world.ada.call(), world.ada.member("jean@example.com").user
    found(world.ada, call, ("Filter one", "2026-11-24", "2026-11-01T10:00:00Z", {"assignee_id": assignee}),
          ("Filter two", "2026-11-25", "2026-11-01T10:00:00Z", {"done": True, "owner": "caller"}),
          ("FILTER ÄTHER", None, "2026-11-01T10:00:00Z", {"owner": "caller", "assignee_id": assignee}))
    for query, expected in (({}, ["one", "two", "ÄTHER"]), ({"done": "true"}, ["two"]), ({"done": "false"}, ["one", "ÄTHER"]),
                            ({"owner": "agent"}, ["one"]), ({"owner": "caller", "done": "false"}, ["ÄTHER"]),
                            ({"assignee": assignee}, ["one", "ÄTHER"]), ({"assignee": str(uuid.uuid4())}, []),
                            ({"assignee": "nobody"}, ["two"]), ({"assignee": "somebody"}, ["one", "ÄTHER"]),
                            ({"assignee": "nobody", "done": "false"}, []), ({"assignee": "somebody", "owner": "agent"}, ["one"]),
                            ({"due_before": "2026-11-25"}, ["one"]), ({"due_before": "9999-12-31"}, ["one", "two"]),
                            ({"due_before": "0001-01-01"}, []), ({"q": "äth"}, ["ÄTHER"]), ({"q": "filter_"}, []),
                            ({"q": "%"}, []), ({"q": "\\"}, [])):
        rows = listed(world.ada, **{"q": "filter", **query})
        assert [title.split()[1] for title in titles(rows)] == expected, query
    for query in ("done=yes", "done=", "owner=me", "assignee=me", "assignee=", "assignee=Nobody",
                  "assignee=nobody%7Csomebody", "due_before=soon", "due_before=2026-02-30",
                  "due_before=0000-01-01", "due_before=2026-11-25T00:00:00Z", "q=", "q=" + "a" * 201, "q=%00", "limit=101"):
        assert_problem(world.ada.get(f"{PATH}?{query}"), 400)


def a_page_begins_only_where_one_of_this_list_ended(world):
    found(world.ada, world.ada.call(), ("Cursor", None, "2026-11-01T10:00:00Z"), ("Cursor", None, "2026-11-01T10:00:00Z"))
    world.ada.call()
    links = [world.ada.get(f"{path}?limit=1").headers["Link"] for path in (PATH, "/api/calls")]
    ours, calls = (link.split("cursor=")[1].split("&")[0] for link in links)
    for bad in (calls, "", ours[:-1], ours + "0", "t" + "g" * 55):
        assert_problem(world.ada.get(f"{PATH}?cursor={bad}"), 400)
    assert_problem(world.ada.get(f"/api/contacts?cursor={ours}"), 400)
    for end in ("0", "f"):
        assert world.ada.get(f"{PATH}?cursor=t{end * 55}").status == 200


def a_person_adds_a_to_do(world):
    call = world.ada.full_call()
    plain = a_todo(world.ada, call, "Thank Grace")
    assert (plain["owner"], plain["due_date"], plain["done"], plain["assignee"]) == ("agent", None, False, None)
    assert plain["evidence"] == {"segment_id": None, "text": ""} and plain["edited_at"] is not None
    full = a_todo(world.ada, call, "Thank Grace", owner="caller", due_date="2028-02-29", assignee_id=world.ada.user)
    assert full["assignee"] == {"id": world.ada.user, "name": "Ada"} and full["due_date"] == "2028-02-29"
    assert full["owner"] == "caller" and world.ada.get(f"{PATH}/{full['id']}").json == full
    on_page = world.ada.get(f"/api/calls/{call}").json["todos"]
    assert titles(on_page) == ["Finish it", "Thank Grace", "Thank Grace"]
    assert [todo["assignee"] for todo in on_page] == [None, None, full["assignee"]]


def the_same_key_makes_one(world):
    call, key = world.ada.call(), str(uuid.uuid4())
    body = {"call_id": call, "title": "Keyed"}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: world.ada.post(PATH, body, Idempotency_Key=key), range(6)))
    assert {a.status for a in answers} == {201} and len({a.text for a in answers}) == 1
    assert len({a.headers["Location"] for a in answers}) == 1
    assert titles(world.ada.get(f"/api/calls/{call}").json["todos"]) == ["Keyed"]
    assert_problem(world.ada.post(PATH, {**body, "title": "Another"}, Idempotency_Key=key), 422)
    assert world.ada.member("key@example.com").post(PATH, body, Idempotency_Key=key).json["id"] != answers[0].json["id"]


def a_key_is_not_used_up_by_what_was_refused(world):
    call, key = str(uuid.uuid4()), str(uuid.uuid4())
    body = {"call_id": call, "title": "Early"}
    assert_problem(world.ada.post(PATH, body, Idempotency_Key=key), 404)
    world.ada.call(id=call)
    assert world.ada.post(PATH, body, Idempotency_Key=key).status == 201


def a_key_is_1_to_255_visible_ascii_characters(world):
    body = {"call_id": world.ada.call(), "title": "Keyed"}
    for key in ("k" * 256, "two words", "\u00e9", "tab\there"):
        answer = world.ada.post(PATH, body, Idempotency_Key=key)
        assert_problem(answer, 400)
    for key in ("k" * 255, "!~"):
        assert world.ada.post(PATH, body, Idempotency_Key=key).status == 201


def ticking_editing_and_assigning_keep_the_rest(world):
    call = world.ada.full_call()
    (before,) = [t for t in listed(world.ada) if t["call"]["id"] == call]
    at = f"{PATH}/{before['id']}"
    ticked = world.ada.patch(at, {"done": True}).json
    assert ticked == {**before, "done": True, "edited_at": ticked["edited_at"]} and ticked["edited_at"] is not None
    edited = world.ada.patch(at, {"title": "Ring Grace", "owner": "caller", "due_date": None, "assignee_id": world.ada.user,
                                  "done": False}).json
    assert edited == {**ticked, "title": "Ring Grace", "owner": "caller", "due_date": None, "done": False,
                      "assignee": {"id": world.ada.user, "name": "Ada"}, "edited_at": edited["edited_at"]}
    assert edited["edited_at"] > ticked["edited_at"]
    assert world.ada.patch(at, {"assignee_id": None}).json["assignee"] is None
    assert titles(world.ada.get(f"/api/calls/{call}").json["todos"]) == ["Ring Grace"]


def only_who_may_log_in_is_given_a_to_do(world):
    call, leaver = world.ada.call(), world.ada.member("leaver@example.com").user
    mine = a_todo(world.ada, call, "Given away", assignee_id=leaver)
    world.stack.execute(f"UPDATE app_user SET disabled_at = now() WHERE id = '{leaver}'")
    for nobody in (leaver, world.eve.user, str(uuid.uuid4())):
        for answer in (world.ada.post(PATH, {"call_id": call, "title": "x", "assignee_id": nobody}),
                       world.ada.patch(f"{PATH}/{mine['id']}", {"assignee_id": nobody})):
            assert_problem(answer, 400)
            assert "assignee_id" in answer.json["detail"]
    kept = world.ada.patch(f"{PATH}/{mine['id']}", {"done": True}).json
    assert kept["assignee"] == {"id": leaver, "name": "leaver"}, "who has left keeps what they had"
    assert titles(world.ada.get(f"/api/calls/{call}").json["todos"]) == ["Given away"]


def what_is_put_away_is_seen_nowhere(world):
    call = world.ada.full_call()
    (todo,) = [t for t in listed(world.ada) if t["call"]["id"] == call]
    at = f"{PATH}/{todo['id']}"
    assert world.ada.delete(at).status == 204
    for answer in (world.ada.get(at), world.ada.patch(at, {"done": True}), world.ada.delete(at)):
        assert_problem(answer, 404)
    assert todo["id"] not in [t["id"] for t in listed(world.ada)]
    assert world.ada.get(f"/api/calls/{call}").json["todos"] == []
    (kept,) = world.stack.sql(f"SELECT done, edited_at, deleted_at IS NOT NULL AS away FROM todo WHERE id = '{todo['id']}'")
    assert kept == {"done": False, "edited_at": None, "away": True}, "it stays, so that it does not come back"


def members_work_with_to_dos_too(world):
    member = world.ada.member("annie@example.com")
    made = a_todo(member, world.ada.call(), "A member's", assignee_id=member.user)
    assert member.patch(f"{PATH}/{made['id']}", {"done": True}).json["done"]
    assert member.delete(f"{PATH}/{made['id']}").status == 204


def what_does_not_fit_is_refused_with_its_name(world):
    call = world.ada.call()
    for body, word in (({"title": "x"}, "call_id"), ({"call_id": call}, "title"), ({"call_id": call, "title": ""}, "title"),
                       ({"call_id": call, "title": "a" * 201}, "200"), ({"call_id": "x", "title": "x"}, "UUID"),
                       ({"call_id": call, "title": "x", "owner": "me"}, "owner"),
                       ({"call_id": call, "title": "x", "due_date": "x"}, "date"),
                       ({"call_id": call, "title": "x", "due_date": "0000-01-01"}, "date"),
                       ({"call_id": call, "title": "x", "done": True}, "fields"), ({"call_id": None, "title": "x"}, "call_id")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    made = a_todo(world.ada, call, "é" * 200, due_date="9999-12-31")
    at = f"{PATH}/{made['id']}"
    for body in ({}, {"title": None}, {"done": None}, {"owner": None}, {"call_id": call}, {"done": "true"}):
        assert_problem(world.ada.patch(at, body), 400)
    assert world.ada.get(at).json == made
    assert_problem(world.ada.get(f"{PATH}/none"), 404)


def anothers_to_do_and_anothers_call_are_not_there(world):
    theirs = world.eve.call()
    todo = a_todo(world.eve, theirs, "Of Eve")
    at = f"{PATH}/{todo['id']}"
    for answer in (world.ada.get(at), world.ada.patch(at, {"done": True}), world.ada.delete(at),
                   world.ada.post(PATH, {"call_id": theirs, "title": "x"})):
        assert_problem(answer, 404)
    assert "Of Eve" not in titles(listed(world.ada, q="of eve"))
    assert world.eve.get(at).json == todo


def a_hundred_thousand_to_dos_are_as_quick_as_a_few(world):
    call = world.eve.call()
    world.stack.execute(f"""
        INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, done, evidence, fingerprint, created_at,
                          assignee_id)
        SELECT gen_random_uuid(), '{call}', '{world.eve.id}', 'Send ' || md5(n::text),
               CASE n % 2 WHEN 0 THEN 'agent' ELSE 'caller' END, CASE WHEN n % 5 < 2 THEN date '2020-01-01' + n / 50 END,
               n % 20 <> 0, 'I will.', 'many ' || n,
               timestamptz '2020-01-01' + n * interval '1 minute', CASE n % 100 WHEN 0 THEN '{world.eve.user}'::uuid END
        FROM generate_series(1, {MANY}) n""")
    world.stack.execute("VACUUM ANALYZE todo")
    far = "t" + "f" * 8 + world.eve.get(PATH + "?limit=1").headers["Link"].split("cursor=t")[1][8:].split("&")[0]
    assert_as_quick(world.eve, world.ada, [f"{PATH}?{query}" for query in (
        "", "done=false", "done=true", "done=false&owner=agent", f"assignee={world.eve.user}", "assignee=nobody",
        "assignee=somebody", "done=false&assignee=nobody", "done=false&assignee=somebody",
        f"done=false&assignee={world.eve.user}", "due_before=2020-02-01", "done=false&due_before=2020-02-01",
        f"cursor={far}", f"done=false&cursor={far}", "q=send")])


STORIES = [answers_are_as_described, what_is_due_first_comes_first_and_what_is_not_due_last, a_to_do_is_shown_with_its_call,
           pages_show_every_to_do_once_even_where_days_and_times_are_equal, filters_narrow_the_list_down,
           a_page_begins_only_where_one_of_this_list_ended, a_person_adds_a_to_do, the_same_key_makes_one,
           a_key_is_not_used_up_by_what_was_refused, a_key_is_1_to_255_visible_ascii_characters,
           ticking_editing_and_assigning_keep_the_rest, only_who_may_log_in_is_given_a_to_do, what_is_put_away_is_seen_nowhere,
           members_work_with_to_dos_too, what_does_not_fit_is_refused_with_its_name,
           anothers_to_do_and_anothers_call_are_not_there, a_hundred_thousand_to_dos_are_as_quick_as_a_few]

if __name__ == "__main__":
    with World("todos") as world:
        tell(STORIES, world)
