"""Phone numbers as admins keep them: whose they are, what their calls get, and when one may go."""
import concurrent.futures
import uuid

from world import Contract, World, assert_problem, tell

PATH = "/api/phone-numbers"


def a_number(organization, number, **fields):
    answer = organization.post(PATH, {"number": number, **fields})
    assert answer.status == 201, answer.text
    return answer.json


def answers_are_as_described(world):
    contract = Contract(world)
    made = world.ada.post(PATH, {"number": "+15550100001", "label": "Sales", "forward_to": "+4670111", "greeting": "Hello."})
    contract.check("POST", PATH, made)
    at = made.headers["Location"]
    contract.check("GET", PATH, world.ada.get(PATH))
    contract.check("GET", PATH + "/{id}", world.ada.get(at))
    contract.check("PATCH", PATH + "/{id}", world.ada.patch(at, {"forward_to": None}))
    contract.check("DELETE", PATH + "/{id}", world.ada.delete(at))
    assert_problem(world.ada.get(at), 404)
    assert_problem(world.ada.delete(at), 404)


def a_new_number_has_what_it_was_given_and_else_the_defaults(world):
    plain = a_number(world.ada, "+15550100002")
    assert (plain["label"], plain["record"], plain["forward_to"], plain["greeting"], plain["caller_channel"]) == \
        ("", True, None, None, 0)
    assert (plain["assistant"], plain["instructions"], plain["voice"]) == (True, None, None)
    full = {"number": "+15550100003", "label": "Desk", "record": False, "forward_to": "+467", "greeting": "Hej!", "caller_channel": 1,
            "assistant": False, "instructions": "Be brief.\n\u00e9", "voice": "sage_2-x"}
    made = a_number(world.ada, **full)
    assert {name: made[name] for name in full} == full
    numbers = [n["number"] for n in world.ada.get(PATH).json]
    assert numbers == sorted(numbers) and {"+15550100002", "+15550100003"} <= set(numbers)


def a_change_keeps_what_it_does_not_name(world):
    made = a_number(world.ada, "+15550100004", label="Kept", greeting="Kept too", forward_to="+467")
    at = f"{PATH}/{made['id']}"
    assert world.ada.patch(at, {"record": False}).json == {**made, "record": False}
    assert world.ada.patch(at, {"greeting": None, "forward_to": None, "label": ""}).json == \
        {**made, "record": False, "greeting": None, "forward_to": None, "label": ""}
    assert_problem(world.ada.patch(at, {"number": "+15550100005"}), 400)


def what_the_assistant_is_told_is_changed_and_taken_back(world):
    made = a_number(world.ada, "+15550100011")
    at, long = f"{PATH}/{made['id']}", "\u00e9" * 8000
    told = world.ada.patch(at, {"assistant": False, "instructions": long, "voice": "a" * 64})
    assert told.json == {**made, "assistant": False, "instructions": long, "voice": "a" * 64}, told.text
    assert world.ada.patch(at, {"voice": "marin"}).json == {**told.json, "voice": "marin"}
    assert world.ada.patch(at, {"assistant": True, "instructions": None, "voice": None}).json == made


def a_number_that_is_taken_is_refused_alike_whosever_it_is(world):
    own = world.ada.post(PATH, {"number": world.ada.number})
    theirs = world.ada.post(PATH, {"number": world.eve.number})
    assert_problem(own, 409)
    assert (own.status, own.body) == (theirs.status, theirs.body)
    assert set(own.headers.keys()) == set(theirs.headers.keys())
    assert world.eve.number not in [n["number"] for n in world.ada.get(PATH).json]


def a_number_has_one_organization_also_when_two_want_it_at_once(world):
    for n in range(10):
        number = f"+1555020{n:04}"
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(o.post, PATH, {"number": number}) for o in (world.ada, world.eve) * 2]
        assert sorted(a.result().status for a in asked) == [201, 409, 409, 409]
        assert world.stack.one(f"SELECT count(*) FROM phone_number WHERE number = '{number}'") == 1


def the_same_key_makes_one(world):
    key, body = str(uuid.uuid4()), {"number": "+15550100006"}
    first, again = (world.ada.post(PATH, body, Idempotency_Key=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201) and first.json == again.json
    assert_problem(world.ada.post(PATH, {"number": "+15550100007"}, Idempotency_Key=key), 422)
    assert_problem(world.ada.post(PATH, body), 409)


def a_number_stays_as_long_as_it_has_calls(world):
    made = a_number(world.ada, "+15550100008")
    at, call = f"{PATH}/{made['id']}", world.ada.call(phone_number_id=made["id"])
    assert_problem(world.ada.delete(at), 409)
    assert world.ada.get(at).json == made
    world.stack.execute(f"DELETE FROM call WHERE id = '{call}'")
    assert world.ada.delete(at).status == 204
    assert a_number(world.eve, "+15550100008")["id"] != made["id"]


def only_admins_change_phone_numbers(world):
    member = world.ada.member("grace@example.com")
    at = f"{PATH}/{world.ada.number_id}"
    before = member.get(PATH).json
    for answer in (member.post(PATH, {"number": "+15550100009"}), member.patch(at, {"record": False}), member.delete(at)):
        assert_problem(answer, 403)
    assert member.get(PATH).json == before


def what_does_not_fit_is_refused_with_its_name(world):
    for body, word in (({}, "number"), ({"number": "5551234"}, "E.164"), ({"number": "+05551234"}, "E.164"),
                       ({"number": "+1"}, "number"), ({"number": "+1234567890123456"}, "number"),
                       ({"number": "+15550100010", "label": "x" * 101}, "label"),
                       ({"number": "+15550100010", "label": None}, "label"),
                       ({"number": "+15550100010", "greeting": ""}, "greeting"),
                       ({"number": "+15550100010", "greeting": "x" * 501}, "greeting"),
                       ({"number": "+15550100010", "forward_to": "sip:a@b"}, "forward_to"),
                       ({"number": "+15550100010", "caller_channel": 2}, "caller_channel"),
                       ({"number": "+15550100010", "caller_channel": True}, "caller_channel"),
                       ({"number": "+15550100010", "record": "yes"}, "record"),
                       ({"number": "+15550100010", "assistant": None}, "assistant"),
                       ({"number": "+15550100010", "instructions": ""}, "instructions"),
                       ({"number": "+15550100010", "instructions": "\u00e9" * 8001}, "instructions"),
                       ({"number": "+15550100010", "voice": ""}, "voice"),
                       ({"number": "+15550100010", "voice": "two words"}, "voice"),
                       ({"number": "+15550100010", "voice": "\u00e9"}, "voice"),
                       ({"number": "+15550100010", "voice": "a" * 65}, "voice"),
                       ({"number": "+15550100010", "organization_id": world.eve.id}, "fields")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    assert_problem(world.ada.patch(f"{PATH}/{world.ada.number_id}", {}), 400)


def anothers_number_is_not_there(world):
    theirs = f"{PATH}/{world.eve.number_id}"
    world.eve.call()
    for answer in (world.ada.get(theirs), world.ada.patch(theirs, {"record": False}), world.ada.delete(theirs)):
        assert_problem(answer, 404)
    assert world.eve.get(theirs).json["record"]


STORIES = [answers_are_as_described, a_new_number_has_what_it_was_given_and_else_the_defaults,
           a_change_keeps_what_it_does_not_name, what_the_assistant_is_told_is_changed_and_taken_back, a_number_that_is_taken_is_refused_alike_whosever_it_is,
           a_number_has_one_organization_also_when_two_want_it_at_once, the_same_key_makes_one,
           a_number_stays_as_long_as_it_has_calls, only_admins_change_phone_numbers,
           what_does_not_fit_is_refused_with_its_name, anothers_number_is_not_there]

if __name__ == "__main__":
    with World("phone-numbers") as world:
        tell(STORIES, world)
