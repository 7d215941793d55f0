"""Trying an analyzer's prompt on a call: who answers, that nothing is kept, and that nobody else waits for a model."""
import concurrent.futures
import subprocess
import threading
import time
import uuid

from world import Contract, World, assert_problem, digest, tell  # first: it knows where the next two are
import chat_server
from stack import free_port

PATH = "/api/analyzers/try"
TIMEOUT_MS = 1000


def trial(organization, call, engine=None, name="Mood", prompt="What was the mood?"):
    return organization.post(PATH, {"call_id": call, "name": name, "prompt": prompt, **({"engine": engine} if engine else {})})


class Held:
    """A model that thinks until it is told to answer. Use as a context."""

    def __init__(self, model):
        self.model, self.go, self.thinking = model, threading.Event(), threading.Semaphore(0)

    def __enter__(self):
        self.before, self.model.say = self.model.say, self.say
        return self

    def __exit__(self, *_):
        self.go.set()
        self.model.say = self.before

    def say(self, request):
        self.thinking.release()
        self.go.wait(60)
        return "At last."


def answers_are_as_described(world):
    contract = Contract(world)
    call = world.ada.full_call()
    for answer in (trial(world.ada, call, "rules"), trial(world.ada, call, "openai"), trial(world.ada, world.ada.call()),
                   trial(world.ada, str(uuid.uuid4())), trial(world.ada, call, "best"), world.ada.post(PATH, b"{}"),
                   world.post(PATH, {}), trial(world.ada.member("grace@example.com"), call)):
        contract.check("POST", PATH, answer)


def the_rules_answer_at_once_and_nothing_is_kept(world):
    call = world.ada.full_call()
    before = digest(world.stack)
    answer = trial(world.ada, call, "rules", name="Compliance", prompt="Were there compliance issues?")
    assert answer.status == 200, answer.text
    assert answer.json["analysis_text"] == "No compliance issues found." and answer.json["engine"] == "rules"
    assert answer.json["duration_ms"] >= 0
    assert digest(world.stack) == before


def a_time_zone_that_nobody_knows_is_utc(world):
    world.stack.execute(f"UPDATE organization SET time_zone = 'Nowhere/Here' WHERE id = '{world.eve.id}'")
    assert trial(world.eve, world.eve.full_call(), "rules").status == 200


def the_model_is_asked_as_for_a_run(world):
    call = world.ada.full_call()
    world.model.say = lambda request: "They wanted it by Friday."
    for engine in ("openai", "default", None):
        answer = trial(world.ada, call, engine, name="Wishes", prompt="What do they want?")
        assert answer.status == 200, answer.text
        assert answer.json["analysis_text"] == "They wanted it by Friday."
        assert (answer.json["engine"], answer.json["model"]) == ("openai", "small-1")
        question = world.model.asked[-1]["messages"][1]["content"]
        for words in ("Wishes", "What do they want?", 'Is it "ready"?', "By Friday."):
            assert words in question, f"{words} is not in {question}"


def no_transaction_is_open_while_a_model_thinks(world):
    call = world.ada.full_call()
    with Held(world.model) as held, concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(trial, world.ada, call, "openai")
        assert held.thinking.acquire(timeout=20)
        # Only its own role sees what a session is at.
        states = subprocess.run(["psql", "-X", "-A", "-t", world.stack.api_role_url, "-c",
                                 "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND "
                                 "usename = current_user AND pid <> pg_backend_pid()"],
                                capture_output=True, text=True, timeout=20, check=True).stdout.split()
        assert "idle" in states and not any("transaction" in state for state in states), states
        held.go.set()
        assert waiting.result(timeout=20).json["analysis_text"] == "At last."


def tries_leave_workers_to_others(world):
    call = world.ada.full_call()
    with Held(world.model) as held, concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(trial, world.ada, call, "openai") for _ in range(2)]
        assert held.thinking.acquire(timeout=20) and held.thinking.acquire(timeout=20)
        third = trial(world.ada, call, "openai")
        assert_problem(third, 503)
        assert int(third.headers["Retry-After"]) > 0 and "tried right now" in third.json["detail"]
        assert trial(world.ada, call, "rules").status == 200, "who asks nobody waits for nobody"
        assert world.ada.log_in().token and world.ada.get(f"/api/calls/{call}").status == 200
        held.go.set()
        assert [w.result(timeout=20).status for w in waiting] == [200, 200]
    assert trial(world.ada, call, "openai").status == 200, "the places are free again"


def a_model_that_cannot_answer_says_why(world):
    call = world.ada.full_call()
    no = chat_server.Refusal
    for said, status, words in ((no(401, "wrong key"), 409, "wrong key"), (no(400, "secret words"), 409, "TEXT_SCHEMA_SHAPE"),
                                (no(429, "slow down", "7"), 503, "slow down"), (no(500, "broken"), 503, "broken"), ("", 503, "")):
        world.model.say = lambda request, said=said: said
        answer = trial(world.ada, call, "openai")
        assert_problem(answer, status)
        assert words in answer.json["detail"] and "secret words" not in answer.text, answer.text
        assert (answer.headers["Retry-After"] is not None) == (status == 503)
        if words == "slow down":
            assert answer.headers["Retry-After"] == "7"


def what_cannot_be_tried_is_told(world):
    call = world.ada.full_call()
    assert_problem(trial(world.ada, str(uuid.uuid4())), 404)
    assert_problem(trial(world.eve, call), 404)
    assert_problem(trial(world.ada.member("jean@example.com"), call), 403)
    silent = trial(world.ada, world.ada.call())
    assert_problem(silent, 409)
    assert "transcription" in silent.json["detail"]
    for body, word in (({"call_id": call, "name": "x"}, "prompt"), ({"call_id": call, "name": "", "prompt": "x"}, "name"),
                       ({"call_id": call, "name": "x", "prompt": "a" * 8001}, "8000"), ({"name": "x", "prompt": "x"}, "call_id"),
                       ({"call_id": call, "name": "x", "prompt": "x", "engine": "best"}, "engine"),
                       ({"call_id": call, "name": "x", "prompt": "x", "active": True}, "fields")):
        answer = world.ada.post(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text


def a_model_that_thinks_too_long_is_not_waited_for(world):
    call = world.ada.full_call()
    for _ in range(3):      # as many as there are places, and one more
        with Held(world.model):
            began = time.monotonic()
            answer = trial(world.ada, call, "openai")
            took = time.monotonic() - began
        assert_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0 and "TRY_TIMEOUT_MS" in answer.json["detail"]
        assert TIMEOUT_MS / 1000 <= took < 30, took  # the model thinks for a minute


def a_model_that_is_gone_is_told(world):
    world.model.shutdown()
    world.model.server_close()
    answer = trial(world.ada, world.ada.full_call(), "openai")
    assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def without_a_model_the_rules_answer_and_the_model_is_missed(world):
    call = world.ada.full_call()
    assert trial(world.ada, call).json["engine"] == "rules"
    missed = trial(world.ada, call, "openai")
    assert_problem(missed, 409)
    assert "TEXT_URL" in missed.json["detail"]


def a_try_does_not_hold_up_the_end(world):
    """The world ends behind this story, and with it the gateway: by itself, and well."""
    held = Held(world.model).__enter__()
    threading.Thread(target=trial, args=(world.ada, world.ada.full_call(), "openai"), daemon=True).start()
    assert held.thinking.acquire(timeout=20)


STORIES = [answers_are_as_described, the_rules_answer_at_once_and_nothing_is_kept,
           a_time_zone_that_nobody_knows_is_utc, the_model_is_asked_as_for_a_run,
           no_transaction_is_open_while_a_model_thinks, tries_leave_workers_to_others, a_model_that_cannot_answer_says_why,
           what_cannot_be_tried_is_told, a_try_does_not_hold_up_the_end]
HURRIED = [a_model_that_thinks_too_long_is_not_waited_for, a_model_that_is_gone_is_told]
WITHOUT = [without_a_model_the_rules_answer_and_the_model_is_missed]

if __name__ == "__main__":
    model = chat_server.serve(free_port())
    settings = {"TEXT_ENGINE": "openai", "TEXT_URL": f"http://127.0.0.1:{model.server_port}", "TEXT_MODEL": "small-1"}
    for stories, environment in ((STORIES, {**settings, "TRY_TIMEOUT_MS": "600000"}),
                                 (HURRIED, {**settings, "TRY_TIMEOUT_MS": str(TIMEOUT_MS)}), (WITHOUT, {})):
        with World("try", **environment) as world:
            world.model = model
            tell(stories, world)
