"""Analyzers as people change them: who may, what is refused, the order, and that nothing is made twice."""
import uuid

from world import Contract, World, assert_problem, tell

PATH = "/api/analyzers"


def names(organization):
    return [a["name"] for a in organization.get(PATH).json]


def an_analyzer(organization, name, **fields):
    answer = organization.post(PATH, {"name": name, "prompt": "What was it about?", **fields})
    assert answer.status == 201, answer.text
    return answer.json


def answers_are_as_described(world):
    contract = Contract(world)
    made = world.ada.post(PATH, {"name": "Described", "prompt": "Why?"})
    contract.check("POST", PATH, made)
    at = made.headers["Location"]
    contract.check("GET", PATH, world.ada.get(PATH))
    contract.check("GET", PATH + "/{id}", world.ada.get(at))
    contract.check("PATCH", PATH + "/{id}", world.ada.patch(at, {"active": False}))
    contract.check("DELETE", PATH + "/{id}", world.ada.delete(at))
    assert_problem(world.ada.get(at), 404)


def a_change_keeps_what_it_does_not_name(world):
    made = an_analyzer(world.ada, "Kept", engine="rules")
    changed = world.ada.patch(f"{PATH}/{made['id']}", {"prompt": "And why?"}).json
    assert changed["prompt"] == "And why?" and changed["updated_at"] > made["updated_at"]
    assert {**made, "prompt": None, "updated_at": None} == {**changed, "prompt": None, "updated_at": None}


def a_new_prompt_leaves_old_runs_as_they_are(world):
    call = world.ada.full_call()
    before = world.ada.get(f"/api/calls/{call}").json["analysis_groups"]
    analyzer = before[0]["analyzer_id"]
    assert world.ada.patch(f"{PATH}/{analyzer}", {"prompt": "Something else."}).status == 200
    assert world.ada.get(f"/api/calls/{call}").json["analysis_groups"] == before


def a_removed_analyzer_leaves_its_runs(world):
    call = world.eve.full_call()
    analyzer = world.eve.analyzers["Compliance"]
    assert world.eve.delete(f"{PATH}/{analyzer}").status == 204
    assert "Compliance" not in names(world.eve)
    groups = world.eve.get(f"/api/calls/{call}").json["analysis_groups"]
    assert "Compliance" in [g["analyzer_name"] for g in groups]
    assert_problem(world.eve.delete(f"{PATH}/{analyzer}"), 404)


def moving_one_moves_the_others_along(world):
    first, *rest = [a["id"] for a in world.ada.get(PATH).json]
    world.ada.patch(f"{PATH}/{first}", {"position": 1})
    assert [a["id"] for a in world.ada.get(PATH).json] == [rest[0], first, *rest[1:]]
    world.ada.patch(f"{PATH}/{first}", {"position": 10000})
    moved = world.ada.get(PATH).json
    assert [a["id"] for a in moved] == [*rest, first]
    assert [a["position"] for a in moved] == list(range(len(moved)))


def a_name_is_taken_once(world):
    made = an_analyzer(world.ada, "Once")
    other = an_analyzer(world.ada, "Other")
    assert_problem(world.ada.post(PATH, {"name": "Once", "prompt": "x"}), 409)
    assert_problem(world.ada.patch(f"{PATH}/{other['id']}", {"name": "Once"}), 409)
    assert world.ada.patch(f"{PATH}/{made['id']}", {"name": "Once"}).status == 200
    assert world.eve.post(PATH, {"name": "Once", "prompt": "x"}).status == 201


def the_same_key_makes_one(world):
    key, body = str(uuid.uuid4()), {"name": "Keyed", "prompt": "x"}
    first = world.ada.post(PATH, body, Idempotency_Key=key)
    again = world.ada.post(PATH, body, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201) and first.json == again.json
    assert names(world.ada).count("Keyed") == 1
    assert_problem(world.ada.post(PATH, {**body, "prompt": "y"}, Idempotency_Key=key), 422)
    assert_problem(world.ada.post(PATH, body, Idempotency_Key="with space"), 400)
    assert world.eve.post(PATH, body, Idempotency_Key=key).status == 201


def only_admins_change_analyzers(world):
    member = world.ada.member("grace@example.com")
    at = f"{PATH}/{member.get(PATH).json[0]['id']}"
    before = member.get(at).json
    for answer in (member.post(PATH, {"name": "Mine", "prompt": "x"}), member.patch(at, {"active": False}),
                   member.delete(at)):
        assert_problem(answer, 403)
    assert member.get(at).json == before


def what_does_not_fit_is_refused_with_its_name(world):
    for body, word in (({"prompt": "x"}, "name"), ({"name": "", "prompt": "x"}, "name"),
                       ({"name": "a" * 101, "prompt": "x"}, "100"), ({"name": "a", "prompt": 7}, "prompt"),
                       ({"name": "a", "prompt": "x", "engine": "best"}, "engine"),
                       ({"name": "a", "prompt": "x", "organization_id": "1"}, "fields"), ([], "object")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    at = f"{PATH}/{world.ada.get(PATH).json[0]['id']}"
    assert_problem(world.ada.patch(at, {}), 400)
    assert_problem(world.ada.post(PATH, {"name": "é" * 101, "prompt": "x"}), 400)
    assert world.ada.post(PATH, {"name": "é" * 100, "prompt": "x"}).status == 201


def anothers_analyzer_is_not_there(world):
    theirs = f"{PATH}/{world.eve.analyzers['Summary']}"
    assert_problem(world.ada.get(theirs), 404)
    assert_problem(world.ada.patch(theirs, {"active": False}), 404)
    assert_problem(world.ada.delete(theirs), 404)
    assert world.eve.get(theirs).json["active"]


STORIES = [answers_are_as_described, a_change_keeps_what_it_does_not_name, a_new_prompt_leaves_old_runs_as_they_are,
           a_removed_analyzer_leaves_its_runs, moving_one_moves_the_others_along, a_name_is_taken_once,
           the_same_key_makes_one, only_admins_change_analyzers, what_does_not_fit_is_refused_with_its_name,
           anothers_analyzer_is_not_there]

if __name__ == "__main__":
    with World("analyzers") as world:
        tell(STORIES, world)
