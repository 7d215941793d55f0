"""API tokens: shown once, kept as a hash, seen and revoked by whom they belong to."""
import datetime
import hashlib
import uuid

from world import Contract, World, assert_problem, tell

PATH = "/api/tokens"


def a_token(person, name="ci", **fields):
    answer = person.post(PATH, {"name": name, **fields})
    assert answer.status == 201, answer.text
    return answer.json


def bearer(token):
    return {"Authorization": f"Bearer {token['token']}"}


def from_now(**much):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**much)).isoformat()


def answers_are_as_described(world):
    contract = Contract(world)
    made = world.ada.post(PATH, {"name": "Described", "expires_at": from_now(days=1)})
    contract.check("POST", PATH, made)
    at = made.headers["Location"]
    contract.check("GET", PATH, world.ada.get(PATH))
    contract.check("GET", PATH + "/{id}", world.ada.get(at))
    contract.check("DELETE", PATH + "/{id}", world.ada.delete(at))
    assert_problem(world.ada.get(at), 404)
    assert_problem(world.ada.delete(at), 404)


def a_token_is_shown_once_and_kept_as_a_hash(world):
    made = a_token(world.ada)
    secret = made["token"].removeprefix("callmill_")
    assert len(secret) == 43 and world.get("/api/calls", **bearer(made)).status == 200
    shown = world.ada.get(f"{PATH}/{made['id']}")
    assert {**shown.json, "token": made["token"], "last_used_at": None} == made
    everything = world.ada.get(PATH).text + shown.text + world.stack.log_tail("api-gateway", 10000)
    assert secret not in everything
    assert world.stack.one("SELECT count(*) FROM api_token WHERE token_hash = "
                           f"decode('{hashlib.sha256(secret.encode()).hexdigest()}', 'hex')") == 1


def a_token_does_what_its_user_may(world):
    member = world.ada.member("grace@example.com")
    for person, status in ((world.ada, 200), (member, 403)):
        made = a_token(person)
        who = world.get("/api/session", **bearer(made)).json
        assert who["user"]["id"] == person.user and who["expires_at"] is None
        assert world.patch("/api/settings", {"name": "Ada"}, **bearer(made)).status == status
        assert made["user"]["id"] == person.user and made["last_used_at"] is None


def a_token_makes_nothing_that_outlives_it(world):
    made = a_token(world.ada, "leaked")
    before = [t["id"] for t in world.ada.get(PATH).json]
    for answer in (world.post(PATH, {"name": "another"}, **bearer(made)),
                   world.post("/api/users", {"email": "m@example.com", "name": "M", "role": "admin",
                                             "password": "correct horse battery"}, **bearer(made)),
                   world.patch(f"/api/users/{world.ada.user}", {"name": "Mallory"}, **bearer(made))):
        assert_problem(answer, 403)
        assert "API token" in answer.json["detail"]
    assert [t["id"] for t in world.ada.get(PATH).json] == before
    assert world.delete(f"{PATH}/{made['id']}", **bearer(made)).status == 204  # but it may end itself
    assert_problem(world.get("/api/calls", **bearer(made)), 401)


def a_token_ends_when_its_time_is_over(world):
    made = a_token(world.ada, expires_at=from_now(hours=1))
    assert world.get("/api/calls", **bearer(made)).status == 200
    world.stack.execute(f"UPDATE api_token SET expires_at = now() WHERE id = '{made['id']}'")
    assert_problem(world.get("/api/calls", **bearer(made)), 401)
    for past in ("2001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00+23:59", from_now(seconds=-1)):
        answer = world.ada.post(PATH, {"name": "late", "expires_at": past})
        assert_problem(answer, 400)
        assert "expires_at" in answer.json["detail"]
    far = a_token(world.ada, expires_at="9999-12-31T23:59:59.999999Z")
    assert far["expires_at"] == "9999-12-31T23:59:59.999999Z"
    assert a_token(world.ada, expires_at=None)["expires_at"] is None


def a_revoked_token_is_refused_at_once(world):
    made = a_token(world.ada)
    assert world.get("/api/calls", **bearer(made)).status == 200
    assert world.ada.delete(f"{PATH}/{made['id']}").status == 204
    assert_problem(world.get("/api/calls", **bearer(made)), 401)
    assert made["id"] not in [t["id"] for t in world.ada.get(PATH).json]


def the_same_key_makes_one_and_shows_it_once(world):
    key, body = str(uuid.uuid4()), {"name": "Keyed"}
    assert world.ada.post(PATH, body, Idempotency_Key=key).status == 201
    again = world.ada.post(PATH, body, Idempotency_Key=key)
    assert_problem(again, 409)
    assert "callmill_" not in again.text
    assert_problem(world.ada.post(PATH, {"name": "Other"}, Idempotency_Key=key), 422)
    assert [t["name"] for t in world.ada.get(PATH).json].count("Keyed") == 1


def a_member_sees_and_revokes_their_own(world):
    grace, alan = world.ada.member("grace2@example.com"), world.ada.member("alan@example.com")
    hers, his, theirs = a_token(grace), a_token(alan), a_token(world.eve)
    assert [t["id"] for t in grace.get(PATH).json] == [hers["id"]]
    assert {hers["id"], his["id"]} <= {t["id"] for t in world.ada.get(PATH).json}
    assert theirs["id"] not in world.ada.get(PATH).text
    for person, token in ((grace, his), (grace, theirs), (world.ada, theirs)):
        assert_problem(person.get(f"{PATH}/{token['id']}"), 404)
        assert_problem(person.delete(f"{PATH}/{token['id']}"), 404)
    assert world.get("/api/calls", **bearer(his)).status == 200
    assert grace.delete(f"{PATH}/{hers['id']}").status == 204
    assert world.ada.delete(f"{PATH}/{his['id']}").status == 204
    assert_problem(world.get("/api/calls", **bearer(his)), 401)


def a_list_begins_with_the_newest(world):
    names = [f"n{n}" for n in range(5)]
    for name in names:
        a_token(world.eve, name)
    assert [t["name"] for t in world.eve.get(PATH).json][:5] == names[::-1]


def what_does_not_fit_is_refused_with_its_name(world):
    for body, word in (({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
                       ({"name": "x", "expires_at": "soon"}, "expires_at"), ({"name": "x", "expires_at": 1}, "expires_at"),
                       ({"name": "x", "user_id": world.eve.user}, "fields")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text


STORIES = [answers_are_as_described, a_token_is_shown_once_and_kept_as_a_hash, a_token_does_what_its_user_may,
           a_token_makes_nothing_that_outlives_it, a_token_ends_when_its_time_is_over, a_revoked_token_is_refused_at_once,
           the_same_key_makes_one_and_shows_it_once, a_member_sees_and_revokes_their_own, a_list_begins_with_the_newest,
           what_does_not_fit_is_refused_with_its_name]

if __name__ == "__main__":
    with World("tokens") as world:
        tell(STORIES, world)
