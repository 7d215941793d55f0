"""Users as admins and they themselves change them: passwords, who may what, and the admin who is always left."""
import concurrent.futures
import hashlib
import uuid

from world import PASSWORD, Contract, World, as_api_role, assert_problem, tell

PATH = "/api/users"
NEW = "a new battery staple"


def a_user(organization, email, **fields):
    answer = organization.post(PATH, {"email": email, "name": email.split("@")[0], "password": PASSWORD, **fields})
    assert answer.status == 201, answer.text
    return answer.json


def log_in(world, email, password=PASSWORD):
    return world.post("/api/session", {"email": email, "password": password})


def at(person):
    return f"{PATH}/{person.user}"


def another_admin(world, email):
    admin = world.ada.member(email)
    assert world.ada.patch(at(admin), {"role": "admin"}).status == 200
    return admin


def answers_are_as_described(world):
    contract = Contract(world)
    made = world.ada.post(PATH, {"email": "described@example.com", "name": "Described", "password": PASSWORD})
    contract.check("POST", PATH, made)
    location = made.headers["Location"]
    contract.check("GET", PATH, world.ada.get(PATH))
    contract.check("GET", PATH + "/{id}", world.ada.get(location))
    contract.check("PATCH", PATH + "/{id}", world.ada.patch(location, {"disabled": True}))
    assert "password" not in made.text + world.ada.get(PATH).text


def a_new_user_logs_in(world):
    made = a_user(world.ada, "New@Example.com")
    assert (made["email"], made["role"], made["disabled"]) == ("New@Example.com", "member", False)
    assert log_in(world, "new@example.com").json["organization"]["id"] == world.ada.id
    assert a_user(world.ada, "chief@example.com", role="admin")["role"] == "admin"
    names = [u["name"] for u in world.ada.get(PATH).json]
    assert names == sorted(names, key=str.lower) and {"New", "chief"} <= set(names)
    assert "New@Example.com" not in world.eve.get(PATH).text


def an_address_is_taken_once_whosever_it_is(world):
    a_user(world.eve, "taken@example.com")
    body = {"name": "x", "password": PASSWORD}
    own = world.ada.post(PATH, {"email": "ADA@example.com", **body})
    theirs = world.ada.post(PATH, {"email": "Taken@example.com", **body})
    assert_problem(own, 409)
    assert (own.status, own.body) == (theirs.status, theirs.body)


def the_same_key_makes_one_and_keeps_nothing_of_the_password(world):
    key, body = str(uuid.uuid4()), {"email": "keyed@example.com", "name": "Keyed", "password": PASSWORD}
    first, again = (world.ada.post(PATH, body, Idempotency_Key=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201) and first.json == again.json
    other = world.ada.post(PATH, {**body, "password": NEW}, Idempotency_Key=key)
    assert other.status == 201 and other.json == first.json
    assert log_in(world, "keyed@example.com").status == 200
    assert_problem(world.ada.post(PATH, {**body, "name": "Other"}, Idempotency_Key=key), 422)
    kept = world.stack.one(f"SELECT encode(request_sha256, 'hex') FROM idempotency_key WHERE key = '{key}'")
    counted = f"POST {PATH}\n\nkeyed@example.com\nKeyed"
    assert kept == hashlib.sha256(counted.encode()).hexdigest()


def ones_own_password_takes_the_old_one_and_keeps_the_session(world):
    grace = world.ada.member("grace@example.com")
    other = log_in(world, "grace@example.com").json["token"]
    for body, status in (({"password": NEW}, 400), ({"current_password": PASSWORD}, 400),
                         ({"password": NEW, "current_password": "wrong battery"}, 403)):
        assert_problem(grace.patch(at(grace), body), status)
    assert grace.get("/api/session").status == 200 and log_in(world, "grace@example.com").status == 200
    changed = grace.patch(at(grace), {"password": NEW, "current_password": PASSWORD})
    assert changed.status == 200, changed.text
    assert grace.get("/api/session").status == 200
    assert_problem(world.get("/api/session", Authorization=f"Bearer {other}"), 401)
    assert_problem(log_in(world, "grace@example.com"), 401)
    assert log_in(world, "grace@example.com", NEW).status == 200


def a_browser_stays_logged_in_with_its_new_password(world):
    world.ada.member("cookie@example.com")
    token = log_in(world, "cookie@example.com").json
    cookie = {"Cookie": f"callmill_session={token['token']}", "Sec_Fetch_Site": "same-origin"}
    answer = world.patch(f"{PATH}/{token['user']['id']}", {"password": NEW, "current_password": PASSWORD}, **cookie)
    assert answer.status == 200, answer.text
    assert world.get("/api/session", **cookie).status == 200


def an_admin_gives_a_new_password_and_ends_all_sessions(world):
    alan = world.ada.member("alan@example.com")
    assert_problem(world.ada.patch(at(alan), {"password": NEW, "current_password": PASSWORD}), 400)
    assert world.ada.patch(at(alan), {"password": NEW}).status == 200
    assert_problem(alan.get("/api/session"), 401)
    assert world.ada.get("/api/session").status == 200
    assert log_in(world, "alan@example.com", NEW).status == 200
    own = world.ada.patch(at(world.ada), {"password": NEW})  # an admin's own takes the old one as well
    assert_problem(own, 400)


def guesses_at_the_current_password_are_limited(world):
    mary = world.ada.member("mary@example.com")
    guesses = [mary.patch(at(mary), {"password": NEW, "current_password": f"guess number {n}"}).status for n in range(12)]
    assert guesses == [403] * 10 + [429] * 2
    limited = mary.patch(at(mary), {"password": NEW, "current_password": PASSWORD})
    assert_problem(limited, 429)
    assert 0 < int(limited.headers["Retry-After"]) <= 900
    Contract(world).check("PATCH", PATH + "/{id}", limited)
    assert mary.patch(at(mary), {"name": "Mary"}).status == 200 and log_in(world, "mary@example.com").status == 200


def a_member_changes_their_own_name_and_nothing_else(world):
    member, other = world.ada.member("edsger@example.com"), world.ada.member("barbara@example.com")
    assert member.patch(at(member), {"name": "Edsger"}).json["name"] == "Edsger"
    before = world.ada.get(PATH).json
    for path, body in ((at(member), {"role": "admin"}), (at(member), {"disabled": True}), (at(member), {"name": "x", "role": "member"}),
                       (at(other), {"name": "x"}), (at(other), {"password": NEW}), (at(world.ada), {"disabled": True}),
                       (at(world.eve), {"name": "x"}), (f"{PATH}/{uuid.uuid4()}", {"name": "x"})):
        assert_problem(member.patch(path, body), 403)
    assert_problem(member.post(PATH, {"email": "x@example.com", "name": "x", "password": PASSWORD}), 403)
    assert world.ada.get(PATH).json == before


def who_is_disabled_is_out_and_keeps_their_to_dos(world):
    user = world.ada.member("leaver@example.com")
    token = user.post("/api/tokens", {"name": "ci"}).json["token"]
    call = world.ada.full_call()
    world.stack.execute(f"UPDATE todo SET assignee_id = '{user.user}' WHERE call_id = '{call}'")
    assert world.ada.patch(at(user), {"disabled": True}).json["disabled"]
    for answer in (user.get("/api/calls"), world.get("/api/calls", Authorization=f"Bearer {token}"), log_in(world, user.email)):
        assert_problem(answer, 401)
    assert world.stack.one(f"SELECT assignee_id FROM todo WHERE call_id = '{call}'") == user.user
    assert not world.ada.patch(at(user), {"disabled": False}).json["disabled"]
    assert_problem(user.get("/api/calls"), 401)
    assert log_in(world, user.email).status == 200


def who_disables_themselves_keeps_no_session(world):
    admin = another_admin(world, "quitter@example.com")
    body = {"disabled": True, "password": NEW, "current_password": PASSWORD}
    assert admin.patch(at(admin), body).status == 200
    assert_problem(admin.get("/api/session"), 401)


def the_last_admin_stays_one(world):
    before = world.eve.get(at(world.eve)).json
    for body in ({"role": "member"}, {"disabled": True}, {"name": "x", "role": "member", "disabled": False}):
        assert_problem(world.eve.patch(at(world.eve), body), 409)
    assert world.eve.get(at(world.eve)).json == before
    assert world.eve.patch(at(world.eve), {"role": "admin", "disabled": False, "name": "Eve"}).status == 200
    member = world.eve.member("heir@example.com")
    assert_problem(world.eve.patch(at(world.eve), {"role": "member"}), 409)
    assert world.eve.patch(at(member), {"role": "admin", "disabled": True}).status == 200
    assert_problem(world.eve.patch(at(world.eve), {"role": "member"}), 409)  # a disabled admin is none


def an_admin_is_left_also_when_two_leave_at_once(world):
    one, two = world.eve.member("one@example.com"), world.eve.member("two@example.com")
    enabled = f"SELECT count(*) FROM app_user WHERE organization_id = '{world.eve.id}' AND role = 'admin' AND disabled_at IS NULL"
    bodies = ({"role": "member"}, {"disabled": True})
    for n in range(12):
        world.stack.execute(f"""UPDATE app_user SET role = CASE WHEN id IN ('{one.user}', '{two.user}') THEN 'admin' ELSE 'member' END,
                                disabled_at = NULL WHERE organization_id = '{world.eve.id}'""")
        one.log_in(), two.log_in()
        # Each themselves; then each the other one.
        paths = (at(one), at(two)) if n % 2 else (at(two), at(one))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(person.patch, path, bodies[n // 2 % 2]) for person, path in zip((one, two), paths)]
        statuses = sorted(a.result().status for a in asked)
        assert statuses[0] == 200 and statuses[1] in ((409,) if n % 2 else (401, 403)), statuses
        assert world.stack.one(enabled) == 1
    world.stack.execute(f"UPDATE app_user SET role = 'admin', disabled_at = NULL WHERE id = '{world.eve.user}'")
    world.eve.log_in()


def hashing_holds_no_transaction_and_no_more_than_its_places(world):
    """Twelve at once, of which two are hashed at a time: the others get their turn or 503, and no session of the database
    waits in a transaction meanwhile."""
    idle = """SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND usename = current_user AND state = 'idle in transaction'"""
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(world.ada.post, PATH, {"email": f"flood{n}@example.com", "name": "x", "password": PASSWORD})
                 for n in range(12)]
        seen = []
        while not all(a.done() for a in asked):
            seen.append(int(as_api_role(world, idle).stdout))
    statuses = [a.result().status for a in asked]
    assert set(statuses) <= {201, 503} and 201 in statuses, statuses
    assert seen and sum(n > 2 for n in seen) <= len(seen) // 4, seen


def what_does_not_fit_is_refused_with_its_name(world):
    whole = {"email": "fits@example.com", "name": "x", "password": PASSWORD}
    for body, word in (({**whole, "email": "nobody"}, "email"), ({**whole, "email": "a b@c"}, "email"),
                       ({**whole, "email": "é@example.com"}, "email"), ({**whole, "email": "Ada <a@b>"}, "email"),
                       ({**whole, "email": "a" * 251 + "@b.c"}, "email"), ({**whole, "name": ""}, "name"),
                       ({**whole, "password": "short"}, "12"), ({**whole, "password": "x" * 1025}, "1024"),
                       ({**whole, "password": "é" * 600}, "password"), ({**whole, "role": "owner"}, "role"),
                       ({**whole, "disabled": True}, "fields"), ({**whole, "organization_id": world.eve.id}, "fields"),
                       ({"email": "fits@example.com", "name": "x"}, "password")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    for body in ({}, {"email": "other@example.com"}, {"name": None}, {"disabled": None}, {"current_password": ""}):
        assert_problem(world.ada.patch(at(world.ada), body), 400)
    assert_problem(world.ada.patch(f"{PATH}/{uuid.uuid4()}", {"password": NEW}), 404)
    assert_problem(world.ada.patch(at(world.eve), {"password": NEW}), 404)


STORIES = [answers_are_as_described, a_new_user_logs_in, an_address_is_taken_once_whosever_it_is,
           the_same_key_makes_one_and_keeps_nothing_of_the_password, ones_own_password_takes_the_old_one_and_keeps_the_session,
           a_browser_stays_logged_in_with_its_new_password, an_admin_gives_a_new_password_and_ends_all_sessions,
           guesses_at_the_current_password_are_limited, a_member_changes_their_own_name_and_nothing_else,
           who_is_disabled_is_out_and_keeps_their_to_dos, who_disables_themselves_keeps_no_session, the_last_admin_stays_one,
           an_admin_is_left_also_when_two_leave_at_once, hashing_holds_no_transaction_and_no_more_than_its_places,
           what_does_not_fit_is_refused_with_its_name]

if __name__ == "__main__":
    with World("users", LOGIN_ATTEMPTS="10") as world:
        tell(STORIES, world)
