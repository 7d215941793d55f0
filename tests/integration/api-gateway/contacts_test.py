"""Contacts as people see and change them: who was heard of last, what is found, and that what a person wrote stays."""
import concurrent.futures
import subprocess
import urllib.parse
import uuid

from world import Contract, World, assert_as_quick, assert_problem, pages, tell, until

PATH = "/api/contacts"
MANY = 100_000


def names(rows):
    return [row["name"] for row in rows]


def listed(organization, **query):
    answer = organization.get(f"{PATH}?{urllib.parse.urlencode(query)}")
    assert answer.status == 200, answer.text
    return answer.json


def answers_are_as_described(world):
    contract = Contract(world)
    contact = world.ada.contact("+15551110000", "Described")
    world.ada.call(contact_id=contact)
    at = f"{PATH}/{contact}"
    for query in ("", "?limit=1", "?q=described", "?limit=0", "?cursor=x"):
        contract.check("GET", PATH, world.ada.get(PATH + query))
    contract.check("GET", PATH + "/{id}", world.ada.get(at))
    for change in ({"company": "Acme"}, {"email": None}, {}, {"number": "+1"}):
        contract.check("PATCH", PATH + "/{id}", world.ada.patch(at, change))
    for answer in (world.get(PATH), world.get(at), world.patch(at, {"name": "x"})):
        assert_problem(answer, 401)


def a_contact_is_shown_with_its_calls_and_where_its_facts_come_from(world):
    contact = world.ada.contact("+15551110001", "Grace Hopper")
    first = world.ada.call(at="2026-11-20T10:00:00Z", contact_id=contact)
    world.ada.call(at="2026-11-23T10:00:00Z", contact_id=contact)
    world.stack.execute(f"""UPDATE contact SET name_source = 'person', company = 'Navy',
                            company_source = 'call:{first} said at 00:12' WHERE id = '{contact}'""")

    shown = world.ada.get(f"{PATH}/{contact}").json
    assert shown["number"] == "+15551110001" and shown["company"] == "Navy" and shown["email"] is None
    assert shown["call_count"] == 2 and shown["last_call_at"] == "2026-11-23T10:00:00.000000Z"
    assert shown["sources"] == {"name": "person", "email": None, "company": first, "summary": None}


def who_was_heard_of_last_comes_first(world):
    one, two, three = (world.eve.contact(f"+1555222000{n}", name) for n, name in enumerate(("One", "Two", "Three")))
    world.stack.execute(f"UPDATE contact SET created_at = '2025-01-01' WHERE organization_id = '{world.eve.id}'")
    for contact, day in ((one, 3), (two, 1), (three, 2), (two, 4)):
        world.eve.call(at=f"2025-06-0{day}T10:00:00Z", contact_id=contact)
    never = world.eve.contact("+15552220009", "Never called")
    assert names(listed(world.eve)) == ["Never called", "Two", "One", "Three"]
    assert world.eve.get(f"{PATH}/{never}").json["last_call_at"] is None

    world.eve.call(at="2025-06-02T12:00:00Z", contact_id=two)       # an older one: brought in later
    world.stack.execute(f"UPDATE contact SET created_at = '2025-06-05' WHERE id = '{never}'")
    assert names(listed(world.eve)) == ["Never called", "Two", "One", "Three"]


def a_call_that_is_deleted_is_not_heard_of_any_more(world):
    (contact,) = [c for c in listed(world.eve) if c["name"] == "Two"]
    gone = f"DELETE FROM call WHERE contact_id = '{contact['id']}' AND created_at"
    world.stack.execute(f"{gone} = '2025-06-04T10:00:00Z'")
    assert names(listed(world.eve)) == ["Never called", "One", "Two", "Three"]
    assert world.eve.get(f"{PATH}/{contact['id']}").json["last_call_at"] == "2025-06-02T12:00:00.000000Z"
    world.stack.execute(f"{gone} IS NOT NULL")
    after = world.eve.get(f"{PATH}/{contact['id']}").json
    assert (after["call_count"], after["last_call_at"]) == (0, None)
    assert names(listed(world.eve)) == ["Never called", "One", "Three", "Two"]


def two_who_delete_a_contacts_last_calls_see_each_others_work(world):
    contact = world.eve.contact("+15552220010", "Twice deleted")
    _, older, newest = (world.eve.call(at=f"2025-07-0{day}T10:00:00Z", contact_id=contact) for day in (1, 2, 3))
    first = subprocess.Popen(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", world.stack.owner_url], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    first.stdin.write(f"BEGIN; DELETE FROM call WHERE id = '{newest}';\n\\echo deleted\n")
    first.stdin.flush()
    assert first.stdout.readline() == "deleted\n"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        second = pool.submit(world.stack.execute, f"DELETE FROM call WHERE id = '{older}'")
        until("the second waits for the first", 20, lambda: second.done() or world.stack.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pg_blocking_pids(pid) <> '{}'"))
        first.communicate("COMMIT;\n", timeout=20)
        second.result(timeout=20)
    assert first.returncode == 0
    shown = world.eve.get(f"{PATH}/{contact}").json
    assert (shown["call_count"], shown["last_call_at"]) == (1, "2025-07-01T10:00:00.000000Z"), shown


def pages_show_every_contact_once_even_where_times_are_equal(world):
    for n in range(25):
        contact = world.ada.contact(f"+1555333{n:04}", f"Page {n}")
        world.ada.call(at=f"2024-01-0{n // 5 + 1}T00:00:00Z", contact_id=contact)

    everybody = [c["id"] for c in world.ada.get(PATH + "?limit=100").json]
    for path in (PATH + "?limit=4", PATH + "?q=page&limit=3"):
        shown = pages(world.ada, path)
        ids = [c["id"] for page in shown for c in page]
        assert len(ids) == len(set(ids)) and all(len(page) == len(shown[0]) for page in shown[:-1])
        assert ids == [c for c in everybody if c in ids], "in the order of the list"
        assert len(ids) == (25 if "q=" in path else len(everybody))


def a_page_begins_only_where_one_of_this_list_ended(world):
    world.ada.call()
    world.ada.call()
    theirs = world.ada.get("/api/calls?limit=1").headers["Link"].split("cursor=")[1].split("&")[0]
    ours = world.ada.get(PATH + "?limit=1").headers["Link"].split("cursor=")[1].split("&")[0]
    assert_problem(world.ada.get(f"{PATH}?cursor={theirs}"), 400)
    assert_problem(world.ada.get(f"/api/calls?cursor={ours}"), 400)
    for bad in ("", "x", ours[:-1], ours + "0", ours.upper(), "p" + "g" * 47):
        assert_problem(world.ada.get(f"{PATH}?cursor={bad}"), 400)
    for end in ("0", "f"):
        assert world.ada.get(f"{PATH}?cursor=p{end * 47}").status == 200
        assert world.ada.get(f"{PATH}?q=a&cursor=p{end * 47}").status == 200


def contacts_are_found_by_any_part_in_any_case(world):
    found = world.ada.contact("+15554440001", "Zoë Ångström")
    world.stack.execute(f"""UPDATE contact SET company = 'Smör_gås 50% AB', email = 'zoe@angstrom.example'
                            WHERE id = '{found}'""")
    world.ada.contact("+15554440002", "Somebody else")
    for words in ("zoë", "ZOË", "ångstr", "ÅNGSTRÖM", "mör_g", "50%", "ANGSTROM.ex", "4440001", "+15554440001", "oë Å"):
        assert names(listed(world.ada, q=words)) == ["Zoë Ångström"], words
    for words in ("zo_", "zo%", "r.g", "zoe@angstrom\\", "\\", "'", "zoee"):
        assert listed(world.ada, q=words) == [], words
    assert len(listed(world.ada, q="e")) > 1
    assert_problem(world.ada.get(PATH + "?q="), 400)
    assert_problem(world.ada.get(PATH + "?q=" + "a" * 201), 400)
    assert_problem(world.ada.get(PATH + "?q=%00"), 400)
    assert_problem(world.ada.get(PATH + "?q=%FF"), 400)
    assert world.ada.get(PATH + "?q=" + "%C3%A9" * 200).status == 200


def what_a_person_wrote_or_emptied_is_a_persons(world):
    call = world.ada.full_call()
    contact = world.ada.get(f"/api/calls/{call}").json["contact"]["id"]
    at = f"{PATH}/{contact}"
    source = f"call:{call} said at 00:12"
    world.stack.execute(f"""UPDATE contact SET name_source = '{source}', summary = 'Wants an offer.',
                            summary_source = '{source}' WHERE id = '{contact}'""")
    before = world.ada.get(at).json

    changed = world.ada.patch(at, {"name": "Admiral Hopper", "summary": None, "email": "grace@navy.example"})
    assert changed.status == 200 and changed.json == world.ada.get(at).json
    assert changed.json == {**before, "name": "Admiral Hopper", "summary": None, "email": "grace@navy.example",
                            "updated_at": changed.json["updated_at"],
                            "sources": {"name": "person", "email": "person", "company": None, "summary": "person"}}
    assert changed.json["updated_at"] > before["updated_at"]
    assert world.ada.get(f"/api/calls/{call}").json["contact"]["name"] == "Admiral Hopper"
    assert [c["id"] for c in listed(world.ada, q="admiral")] == [contact]


def members_work_with_contacts_too(world):
    member = world.ada.member("grace@example.com")
    contact = world.ada.contact("+15551110002")
    assert member.patch(f"{PATH}/{contact}", {"company": "Acme"}).json["company"] == "Acme"


def what_does_not_fit_is_refused_with_its_name(world):
    at = f"{PATH}/{world.ada.contact('+15551110003', 'Kept')}"
    for body, word in (({}, "At least one"), ({"number": "+15551234567"}, "fields"), ({"name": ""}, "name"),
                       ({"name": "a" * 201}, "200"), ({"email": "ada"}, "e-mail"), ({"email": "a@" + "b" * 253}, "254"),
                       ({"company": 7}, "company"), ({"summary": "a" * 2001}, "2000"), ([], "object")):
        answer = world.ada.patch(at, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    assert_problem(world.ada.patch(at, b'{"name": "a\\u0000b"}', Content_Type="application/json"), 400)
    assert_problem(world.ada.patch(at, b'{"name": "x"}'), 415)
    assert world.ada.get(at).json["name"] == "Kept"
    assert world.ada.patch(at, {"name": "é" * 200, "company": "🎉" * 200, "email": "é@" + "ö" * 252}).status == 200
    assert_problem(world.ada.get(f"{PATH}/none"), 404)


def anothers_contact_is_not_there(world):
    theirs = world.eve.contact("+15555550001", "Of Eve")
    for answer in (world.ada.get(f"{PATH}/{theirs}"), world.ada.patch(f"{PATH}/{theirs}", {"name": "Mine"}),
                   world.ada.patch(f"{PATH}/{uuid.uuid4()}", {"name": "Mine"})):
        assert_problem(answer, 404)
    assert listed(world.ada, q="of eve") == [] and "Of Eve" not in names(world.ada.get(PATH + "?limit=100").json)
    assert world.eve.get(f"{PATH}/{theirs}").json["name"] == "Of Eve"


def a_hundred_thousand_contacts_are_as_quick_as_a_few(world):
    world.stack.execute(f"""
        INSERT INTO contact (id, organization_id, number, name, created_at)
        SELECT gen_random_uuid(), '{world.eve.id}', '+1777' || lpad(n::text, 7, '0'), 'Person ' || md5(n::text),
               timestamptz '2020-01-01' + n * interval '1 minute' FROM generate_series(1, {MANY}) n;
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number, to_number, direction, status)
        SELECT gen_random_uuid(), 'CA' || md5('many' || id), organization_id, '{world.eve.number_id}', id, number,
               '{world.eve.number}', 'inbound', 'completed'
        FROM contact WHERE organization_id = '{world.eve.id}' AND number LIKE '%0'""")
    world.stack.execute("VACUUM ANALYZE contact")
    world.stack.execute("VACUUM ANALYZE call")
    assert sum(map(len, pages(world.eve, PATH + "?limit=100&q=person+ff"))) > 300

    assert_as_quick(world.eve, world.ada, [PATH, *(f"{PATH}?q={q}" for q in ("person", "0099887", "nobody+at+all"))])


STORIES = [answers_are_as_described, a_contact_is_shown_with_its_calls_and_where_its_facts_come_from,
           who_was_heard_of_last_comes_first, a_call_that_is_deleted_is_not_heard_of_any_more,
           two_who_delete_a_contacts_last_calls_see_each_others_work,
           pages_show_every_contact_once_even_where_times_are_equal, a_page_begins_only_where_one_of_this_list_ended,
           contacts_are_found_by_any_part_in_any_case, what_a_person_wrote_or_emptied_is_a_persons,
           members_work_with_contacts_too, what_does_not_fit_is_refused_with_its_name, anothers_contact_is_not_there,
           a_hundred_thousand_contacts_are_as_quick_as_a_few]

if __name__ == "__main__":
    with World("contacts") as world:
        tell(STORIES, world)
