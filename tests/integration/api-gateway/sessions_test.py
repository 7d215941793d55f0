"""Logging in and out: tokens and cookies, attempts that are limited, pages of other origins."""
import concurrent.futures
import hashlib
import time
import uuid

from world import PASSWORD, World, ask, assert_problem, digest, median, tell, until

COOKIE = "callmill_session"


def log_in(world, email="ada@example.com", password=PASSWORD, **headers):
    return world.post("/api/session", {"email": email, "password": password}, **headers)


def cookie_of(answer):
    return answer.headers["Set-Cookie"].split(";")[0].split("=")[1]


def a_log_in_gives_a_cookie_and_clients_a_token(world):
    answer = log_in(world)
    attributes = answer.headers["Set-Cookie"].split("; ")

    assert answer.status == 200 and answer.json["user"]["email"] == "ada@example.com"
    assert answer.json["organization"] == {"id": world.ada.id, "name": "Ada"}
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes) and "Secure" not in attributes
    assert cookie_of(answer) == answer.json["token"]
    browser = log_in(world, Origin=world.stack.api, Sec_Fetch_Site="same-origin")
    assert browser.status == 200 and "token" not in browser.json and cookie_of(browser)


def cookie_and_token_open_the_same_door(world):
    token = log_in(world).json["token"]
    for headers in ({"Cookie": f"{COOKIE}={token}"}, {"Cookie": f"a=b; {COOKIE}={token}; c=d"},
                    {"Authorization": f"Bearer {token}"}):
        answer = world.get("/api/session", **headers)
        assert answer.status == 200 and answer.json["user"]["id"] == world.ada.user
        assert "token" not in answer.json


def the_database_cannot_log_in(world):
    token = log_in(world).json["token"]
    hashed = hashlib.sha256(token.encode()).hexdigest()

    assert world.stack.one(f"SELECT count(*) FROM session WHERE token_hash = decode('{hashed}', 'hex')") == 1
    assert_problem(world.get("/api/calls", Authorization=f"Bearer {hashed}"), 401)
    rows = world.stack.sql("SELECT password_hash FROM app_user")
    assert all(row["password_hash"].startswith("$argon2id$") for row in rows)


def an_api_token_is_sent_as_bearer_only(world):
    secret = log_in(world).json["token"][::-1]
    world.stack.execute(f"""INSERT INTO api_token (id, token_hash, user_id, organization_id, name)
                            VALUES ('{uuid.uuid4()}', sha256('{secret}'), '{world.ada.user}', '{world.ada.id}', 'ci')""")
    bearer = {"Authorization": f"Bearer callmill_{secret}"}

    assert world.get("/api/calls", **bearer).status == 200
    assert world.get("/api/session", **bearer).json["expires_at"] is None
    assert_problem(world.delete("/api/session", **bearer), 403)
    assert_problem(world.get("/api/calls", Authorization=f"Bearer {secret}"), 401)
    assert_problem(world.get("/api/calls", Cookie=f"{COOKIE}=callmill_{secret}"), 401)
    until("its use noted", 10, lambda: world.stack.one("SELECT last_used_at IS NOT NULL FROM api_token"))
    world.stack.execute("UPDATE api_token SET revoked_at = now()")
    assert_problem(world.get("/api/calls", **bearer), 401)


def logging_out_ends_the_session(world):
    token = log_in(world).json["token"]
    answer = world.delete("/api/session", Cookie=f"{COOKIE}={token}")

    assert answer.status == 204 and cookie_of(answer) == "" and "Max-Age=0" in answer.headers["Set-Cookie"]
    assert_problem(world.get("/api/session", Cookie=f"{COOKIE}={token}"), 401)
    assert_problem(world.get("/api/calls", Authorization=f"Bearer {token}"), 401)


def a_session_ends_when_its_time_is_over_or_nobody_uses_it(world):
    for end in ("expires_at = now()", "last_seen_at = now() - interval '31 minutes'"):
        token = log_in(world).json["token"]
        hashed = hashlib.sha256(token.encode()).hexdigest()
        assert world.get("/api/calls", Authorization=f"Bearer {token}").status == 200
        world.stack.execute(f"UPDATE session SET {end} WHERE token_hash = decode('{hashed}', 'hex')")
        assert_problem(world.get("/api/calls", Authorization=f"Bearer {token}"), 401)


def using_a_session_keeps_it(world):
    token = log_in(world).json["token"]
    hashed = hashlib.sha256(token.encode()).hexdigest()
    mine = f"FROM session WHERE token_hash = decode('{hashed}', 'hex')"
    world.stack.execute(f"""UPDATE session SET last_seen_at = now() - interval '29 minutes'
                            WHERE token_hash = decode('{hashed}', 'hex')""")

    assert world.get("/api/calls", Authorization=f"Bearer {token}").status == 200
    until("its use noted", 10, lambda: world.stack.one(f"SELECT last_seen_at > now() - interval '1 minute' {mine}"))


def a_planted_cookie_never_becomes_a_session(world):
    planted = "A" * 43
    answer = log_in(world, Cookie=f"{COOKIE}={planted}")

    assert answer.status == 200 and cookie_of(answer) != planted
    assert_problem(world.get("/api/session", Cookie=f"{COOKIE}={planted}"), 401)


def a_new_log_in_ends_the_session_of_the_old_cookie(world):
    old = cookie_of(log_in(world))
    new = cookie_of(log_in(world, Cookie=f"{COOKIE}={old}"))

    assert_problem(world.get("/api/session", Cookie=f"{COOKIE}={old}"), 401)
    assert world.get("/api/session", Cookie=f"{COOKIE}={new}").status == 200


def a_disabled_user_is_out_at_once(world):
    token, secret = log_in(world, "eve@example.com").json["token"], "s" * 43
    world.stack.execute(f"""INSERT INTO api_token (id, token_hash, user_id, organization_id, name)
                            VALUES ('{uuid.uuid4()}', sha256('{secret}'), '{world.eve.user}', '{world.eve.id}', 'ci')""")
    world.stack.execute("UPDATE app_user SET disabled_at = now() WHERE email = 'eve@example.com'")

    assert_problem(log_in(world, "eve@example.com"), 401)
    assert_problem(world.get("/api/calls", Authorization=f"Bearer {token}"), 401)
    assert_problem(world.get("/api/calls", Authorization=f"Bearer callmill_{secret}"), 401)
    world.stack.execute("UPDATE app_user SET disabled_at = NULL")
    assert_problem(world.get("/api/calls", Authorization=f"Bearer {token}"), 401)


def a_new_password_ends_every_session(world):
    token = log_in(world).json["token"]
    kept = world.stack.one("SELECT password_hash FROM app_user WHERE email = 'ada@example.com'")
    world.stack.execute("UPDATE app_user SET password_hash = 'x' WHERE email = 'ada@example.com'")

    assert_problem(world.get("/api/calls", Authorization=f"Bearer {token}"), 401)
    world.stack.execute(f"UPDATE app_user SET password_hash = '{kept}' WHERE email = 'ada@example.com'")
    world.ada.log_in()


def meanwhile(world, change, act):
    """What `act` gives, which begins before the change of Eve's account commits and ends when it likes."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with world.stack.transaction(f"UPDATE app_user SET {change} WHERE id = '{world.eve.user}'", "COMMIT"):
            given = pool.submit(act)
            until("it waits, or is done", 20, lambda: given.done() or world.stack.waits())
        return given.result()


def who_logs_in_at_that_moment_is_out_too(world):
    kept = world.stack.one(f"SELECT password_hash FROM app_user WHERE id = '{world.eve.user}'")
    for change in ("disabled_at = now()", "password_hash = 'x'"):
        answer = meanwhile(world, change, lambda: log_in(world, "eve@example.com"))
        if answer.status == 200:
            assert_problem(world.get("/api/calls", Authorization=f"Bearer {answer.json['token']}"), 401)
        assert world.stack.one(f"SELECT count(*) FROM session WHERE user_id = '{world.eve.user}'") == 0, change
        assert_problem(answer, 503)
        world.stack.execute(f"UPDATE app_user SET disabled_at = NULL, password_hash = '{kept}' WHERE id = '{world.eve.user}'")


def no_token_is_made_at_that_moment(world):
    world.eve.log_in()
    answer = meanwhile(world, "disabled_at = now()", lambda: world.eve.post("/api/tokens", {"name": "last one"}))
    assert_problem(answer, 401)
    assert world.stack.one(f"SELECT count(*) FROM api_token WHERE user_id = '{world.eve.user}' AND revoked_at IS NULL") == 0
    world.stack.execute("UPDATE app_user SET disabled_at = NULL")


def a_password_kept_weakly_is_kept_better_after_a_log_in(world):
    weak = "$argon2id$v=19$m=8,t=1,p=1$RM5IMefREqtf7H2FnpEhjw$yK+lhP1AVBtTXyqIufDWQGvSquH7s8LruXAGD0dGMwY"
    world.stack.execute(f"UPDATE app_user SET password_hash = '{weak}' WHERE email = 'eve@example.com'")
    answer = log_in(world, "eve@example.com", "correct horse")

    assert answer.status == 200
    assert world.get("/api/calls", Authorization=f"Bearer {answer.json['token']}").status == 200
    better = world.stack.one("SELECT password_hash FROM app_user WHERE email = 'eve@example.com'")
    assert better.startswith("$argon2id$") and "m=65536" in better
    assert log_in(world, "eve@example.com", "correct horse").status == 200


def nothing_but_json_with_two_strings_is_a_log_in(world):
    bodies = (b"", b"[]", b"{}", b"null", b'{"email":1,"password":"x"}', b'{"email":"a@b"}', b'{"email":"","password":"x"}',
              b'{"email":"a@b","password":"x","password":"y"}', b'\xff{"email":"a@b","password":"x"}')
    whole = b'{"email":"ada@example.com","password":"' + PASSWORD.encode() + b'"}'

    for body in (*bodies, *(whole[:n] for n in range(1, len(whole)))):
        assert_problem(world.post("/api/session", body, Content_Type="application/json"), 400)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert_problem(world.post("/api/session", whole, Content_Type=kind), 415)


def wrong_and_unknown_are_told_alike(world):
    def timed(email, n):
        began = time.monotonic()
        answer = log_in(world, email, "wrong horse", X_Forwarded_For=f"203.0.113.{n}")
        return answer, time.monotonic() - began

    def ratio():
        return min(known for (_, known), _ in pairs) / min(unknown for _, (_, unknown) in pairs)

    # The quickest of each, taken in turns: what else the machine does only ever adds, so a busy one is given more turns. A
    # missing hash would be a tenth of the time and less, in all of them.
    pairs = []
    while len(pairs) < 9 or len(pairs) < 40 and not 0.5 < ratio() < 2:
        n = len(pairs)
        pairs.append((timed("ada@example.com", n), timed(f"nobody{n}@example.com", n)))
    assert {(a.status, a.text) for pair in pairs for a, _ in pair} == {(401, pairs[0][0][0].text)}
    assert 0.5 < ratio() < 2, f"known and unknown accounts differ: {ratio():.2f}"


def attempts_are_limited_by_account_and_address(world):
    guesses = [log_in(world, "ada@example.com", f"guess {n}", X_Forwarded_For="198.51.100.7") for n in range(12)]

    assert [g.status for g in guesses] == [401] * 10 + [429] * 2
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 900
    assert_problem(log_in(world, X_Forwarded_For="198.51.100.7"), 429)  # the right one too: nobody learns which it was
    assert_problem(log_in(world, X_Forwarded_For="6.6.6.6, 198.51.100.7"), 429)  # what a client adds does not help
    assert log_in(world, "ADA@example.com", X_Forwarded_For="198.51.100.8").status == 200


def a_proxys_own_line_counts_and_not_the_clients(world):
    def guess():
        connection = world.connect()
        connection.putrequest("POST", "/api/session")
        body = b'{"email":"ada@example.com","password":"another guess"}'
        for name, value in (("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "198.51.100.99"),
                            ("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status

    assert [guess() for _ in range(11)] == [401] * 10 + [429]
    assert_problem(log_in(world, X_Forwarded_For="198.51.100.99"), 429)
    assert log_in(world, X_Forwarded_For="6.6.6.6").status == 200


def an_office_behind_one_address_gets_in(world):
    for _ in range(105):
        assert log_in(world, X_Forwarded_For="198.51.100.50").status == 200


def a_flood_of_guesses_leaves_the_others_their_answers(world):
    def guess(n):
        return log_in(world, f"nobody{n}@example.com", "guess", X_Forwarded_For=f"192.0.2.{n % 250}").status

    began = time.monotonic()
    times = []
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        flood = [pool.submit(guess, n) for n in range(60)]
        while not all(f.done() for f in flood):
            start = time.monotonic()
            assert world.ada.get("/api/calls").status == 200
            times.append(time.monotonic() - start)
    statuses = {f.result() for f in flood}
    assert statuses <= {401, 503} and 401 in statuses, statuses
    took = time.monotonic() - began
    assert took > 0.5, "60 guesses came through as if nothing were hashed"
    # Who had to wait for the guesses before it would wait for most of them.
    assert median(times) < max(1, took / 5), f"median {median(times):.2f} s during a flood of {took:.1f} s"


def a_foreign_page_changes_nothing(world):
    call = world.ada.full_call()
    token = log_in(world).json["token"]
    cookie = {"Cookie": f"{COOKIE}={token}"}
    until("the outbox empty", 20, lambda: world.stack.one("SELECT count(*) FROM outbox") == 0)
    before = digest(world.stack)
    foreign = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
               {"Origin": "null"}, {"Origin": world.stack.api + ".evil.example"})
    asked = (("POST", f"/api/calls/{call}/rerun"), ("DELETE", "/api/session"))

    for method, path in asked:
        for headers in foreign:
            assert_problem(ask(method, world.stack.api + path, headers={**cookie, **headers}), 403)
        form = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
        assert_problem(ask(method, world.stack.api + path, b"a=b", form), 415)
    for headers in foreign:
        body = {"email": "ada@example.com", "password": PASSWORD}
        assert_problem(ask("POST", world.stack.api + "/api/session", body, headers), 403)
    assert digest(world.stack) == before
    assert world.get("/api/session", **cookie).status == 200
    own = ask("POST", world.stack.api + asked[0][1], headers={**cookie, "Origin": world.stack.api})
    assert own.status == 202, own.text


STORIES = (a_log_in_gives_a_cookie_and_clients_a_token, cookie_and_token_open_the_same_door, the_database_cannot_log_in,
           an_api_token_is_sent_as_bearer_only, logging_out_ends_the_session,
           a_session_ends_when_its_time_is_over_or_nobody_uses_it, using_a_session_keeps_it,
           a_planted_cookie_never_becomes_a_session, a_new_log_in_ends_the_session_of_the_old_cookie,
           a_disabled_user_is_out_at_once, a_new_password_ends_every_session, who_logs_in_at_that_moment_is_out_too,
           no_token_is_made_at_that_moment,
           a_password_kept_weakly_is_kept_better_after_a_log_in, nothing_but_json_with_two_strings_is_a_log_in, wrong_and_unknown_are_told_alike,
           attempts_are_limited_by_account_and_address, a_proxys_own_line_counts_and_not_the_clients,
           an_office_behind_one_address_gets_in, a_flood_of_guesses_leaves_the_others_their_answers,
           a_foreign_page_changes_nothing)


def behind_https_the_cookie_is_bound_to_the_host():
    with World("api-https", UI_URL="https://calls.example") as world:
        cookie = log_in(world, Origin="https://calls.example").headers["Set-Cookie"]
        assert cookie.startswith("__Host-callmill_session=") and "; Secure" in cookie
        assert world.get("/api/session", Cookie=cookie.split(";")[0]).status == 200


if __name__ == "__main__":
    with World("api-sessions", TRUSTED_PROXIES="1") as the_world:
        tell(STORIES, the_world)
    behind_https_the_cookie_is_bound_to_the_host()
