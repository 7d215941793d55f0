"""What people do to calls: delete them, bring old ones in, drive failed steps again. Here the gateway is alone; what
the pipeline makes of it is told in tests/integration/acts."""
import hashlib
import os
import pathlib
import subprocess
import tempfile
import threading
import urllib.parse
import uuid

from world import Contract, World, ask, assert_problem, tell, until

STEPS = ["record", "transcribe", "enrich", "analyze", "extract-todos", "report"]
FRAME = bytes.fromhex("fff34800") + bytes(140)  # MPEG-2 layer III, 32 kbit/s, 16 kHz, two channels: 36 ms


def sound(seconds=3.6):
    return FRAME * round(seconds / 0.036)


def rows_of(stack, call):
    """How many rows each table has that hang on the call."""
    tables = stack.sql("""SELECT table_name AS name FROM information_schema.columns
                          WHERE column_name = 'call_id' AND table_schema = 'public'""")
    counts = {t["name"]: stack.one(f"SELECT count(*) FROM {t['name']} WHERE call_id = '{call}'") for t in tables}
    return {name: count for name, count in counts.items() if count}


# ---- deleting ----------------------------------------------------------------------------------------------------


def everything_that_hangs_on_it(world, call):
    """Rows of the kinds that full_call leaves out."""
    scope = f"'{call}', '{world.ada.id}'"
    world.stack.execute(f"""
        INSERT INTO call_status (call_id, organization_id, status, source, occurred_at)
        VALUES ({scope}, 'completed', 'webhook', now());
        INSERT INTO call_stream (call_id, organization_id, stream_sid, event)
        VALUES ({scope}, 'MZ{uuid.uuid4().hex}', 'stream-started');
        INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid)
        VALUES (gen_random_uuid(), {scope}, 'RE{uuid.uuid4().hex}', 'AC{uuid.uuid4().hex}');
        INSERT INTO waveform (call_id, organization_id, recording_sid, duration_ms, roles, peaks)
        VALUES ({scope}, 'RE{uuid.uuid4().hex}', 1, ARRAY['caller'], '\\x01');
        INSERT INTO dead_letter (id, service, topic, message_key, payload, organization_id, call_id, class, reason, attempts)
        VALUES (gen_random_uuid(), 'reporter', 'call.analyzed', '{call}', 'words', '{world.ada.id}', '{call}', 'reject', 'x', 1);
        INSERT INTO dead_letter (id, service, topic, message_key, payload, class, reason, attempts)
        VALUES (gen_random_uuid(), 'reporter', 'call.analyzed', '{call}', 'broken words', 'reject', 'x', 1);
        INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload, message_key)
        VALUES (gen_random_uuid(), 'transcriber', 'call.transcribed', '{call}', 'CallTranscribed', 'words', NULL),
               (gen_random_uuid(), 'reporter', 'dead-letter.reporter', '', 'dead-letter', 'words', '{call}')""")


def a_deleted_call_leaves_nothing_but_its_sid(world):
    contract, call = Contract(world), world.ada.full_call()
    other = world.ada.full_call()
    everything_that_hangs_on_it(world, call)
    everything_that_hangs_on_it(world, other)
    (row,) = world.stack.sql(f"SELECT call_sid, contact_id FROM call WHERE id = '{call}'")
    before = rows_of(world.stack, other)
    assert len(before) >= 11 and before == rows_of(world.stack, call), before

    deleted = world.ada.delete(f"/api/calls/{call}")
    contract.check("DELETE", "/api/calls/{id}", deleted)
    assert deleted.status == 204 and not deleted.body
    assert rows_of(world.stack, call) == {} and rows_of(world.stack, other) == before
    assert not world.stack.sql(f"SELECT 1 FROM call WHERE id = '{call}'")
    assert not world.stack.sql(f"SELECT 1 FROM dead_letter WHERE message_key = '{call}'")
    assert not world.stack.sql(f"""SELECT 1 FROM outbox WHERE (aggregateid = '{call}' OR message_key = '{call}')
                                   AND aggregatetype <> 'call.deleted'""")
    assert len(world.stack.sql(f"SELECT 1 FROM outbox WHERE aggregateid = '{other}' OR message_key = '{other}'")) == 2
    assert world.stack.sql(f"SELECT 1 FROM deleted_call WHERE call_sid = '{row['call_sid']}'")
    assert world.stack.sql(f"SELECT 1 FROM contact WHERE id = '{row['contact_id']}'"), "the contact goes nowhere"
    for path in ("", "/recording", "/rerun"):
        assert_problem(world.ada.get(f"/api/calls/{call}{path}") if path != "/rerun"
                       else world.ada.post(f"/api/calls/{call}{path}"), 404)
    assert_problem(world.ada.delete(f"/api/calls/{call}"), 404)
    world.stack.execute("DELETE FROM outbox")


def a_member_deletes_and_nobody_else_does(world):
    mine, theirs = world.ada.call(), world.eve.call()
    member = world.ada.member("deleting@example.com")

    assert_problem(member.delete(f"/api/calls/{theirs}"), 404)
    assert_problem(world.delete(f"/api/calls/{mine}"), 401)
    assert_problem(world.delete(f"/api/calls/{mine}", Cookie=f"callmill_session={member.token}",
                                Origin="https://evil.example"), 403)
    assert_problem(member.delete("/api/calls/7"), 404)
    assert world.stack.one(f"SELECT count(*) FROM call WHERE id IN ('{mine}', '{theirs}')") == 2
    assert member.delete(f"/api/calls/{mine}").status == 204


def of_two_who_delete_one_does(world):
    call, answers = world.ada.call(), []
    threads = [threading.Thread(target=lambda: answers.append(world.ada.delete(f"/api/calls/{call}").status))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204] + 7 * [404], answers


# ---- bringing in -------------------------------------------------------------------------------------------------


def target(**query):
    return "/api/calls/import?" + urllib.parse.urlencode(query)


def bring_in(who, body, **query):
    headers = query.pop("headers", {})
    query = {"from": "+15550002222", "to": who.number, "started_at": "2026-10-01T09:30:00Z", **query}
    query = {name: value for name, value in query.items() if value is not None}
    return who.post(target(**query), body, **{"Content_Type": "audio/mpeg", **headers})


def files(world):
    return sorted(p.name for p in pathlib.Path(world.stack.env["RECORDINGS_DIR"]).iterdir())


def an_old_recording_becomes_a_call_of_its_time(world):
    contract, body = Contract(world), sound()
    contact = world.ada.contact("+15550002222", "Grace Hopper")
    later = world.ada.call(at="2026-11-01T00:00:00Z")
    answer = bring_in(world.ada.member("importing@example.com"), body)

    contract.check("POST", "/api/calls/import", answer)
    call = answer.json
    assert answer.status == 201 and answer.headers["Location"] == f"/api/calls/{call['id']}", answer.text
    assert {**call, "id": 0, "call_sid": 0} == {
        "id": 0, "call_sid": 0, "from_to_number": f"+15550002222 -> {world.ada.number}", "has_recording": True,
        "created_at": "2026-10-01T09:30:00.000000Z", "direction": "inbound", "status": "completed",
        "started_at": "2026-10-01T09:30:00.000000Z", "ended_at": "2026-10-01T09:30:03.600000Z", "duration_ms": 3600,
        "contact_id": contact, "contact_name": "Grace Hopper", "summary": None, "sentiment": None, "live": False}
    listed = [c["id"] for c in world.ada.get("/api/calls?limit=100").json]
    assert listed.index(later) < listed.index(call["id"])

    details = world.ada.get(f"/api/calls/{call['id']}")
    contract.check("GET", "/api/calls/{id}", details)
    assert [(s["step"], s["state"]) for s in details.json["steps"]] == \
        [(step, "done" if step == "record" else "waiting") for step in STEPS]
    recording = world.ada.get(f"/api/calls/{call['id']}/recording")
    assert recording.body == body and recording.headers["Content-Type"] == "audio/mpeg"
    assert files(world).count(f"{call['call_sid']}.mp3") == 1 and not [f for f in files(world) if f.endswith("part")]
    (row,) = world.stack.sql(f"SELECT * FROM recording WHERE call_id = '{call['id']}'")
    assert (row["state"], row["size_bytes"], row["channels"], row["duration_ms"], row["is_call_file"], row["sha256"]) == \
        ("stored", len(body), 2, 3600, True, hashlib.sha256(body).hexdigest())
    (said,) = world.stack.sql(f"SELECT status, source, duration_ms FROM call_status WHERE call_id = '{call['id']}'")
    assert said == {"status": "completed", "source": "import", "duration_ms": 3600}


def which_number_is_ours_tells_who_called(world):
    outbound = bring_in(world.ada, sound(), **{"from": world.ada.number, "to": "+15550003333"}).json
    assert outbound["direction"] == "outbound"
    assert world.stack.one(f"SELECT number FROM contact WHERE id = '{outbound['contact_id']}'") == "+15550003333"
    again = bring_in(world.ada, sound(), **{"from": "+15550003333"}).json
    assert again["direction"] == "inbound" and again["contact_id"] == outbound["contact_id"]
    assert bring_in(world.ada, sound(), direction="inbound").json["direction"] == "inbound"


def what_does_not_fit_is_refused_with_its_name(world):
    before, calls = files(world), world.stack.one("SELECT count(*) FROM call")
    for query, word in (({"from": None}, "from"), ({"to": "12"}, "to"), ({"from": "15550002222"}, "%2B"),
                        ({"started_at": None}, "started_at"), ({"started_at": "2026-10-01"}, "started_at"),
                        ({"started_at": "0001-01-01T00:00:00Z"}, "started_at"),
                        ({"started_at": "9999-12-31T23:59:59Z"}, "started_at"), ({"direction": "up"}, "direction"),
                        ({"to": "+15550009999"}, "neither from nor to"), ({"to": world.eve.number}, "neither from nor to"),
                        ({"direction": "outbound"}, "direction does not fit"),
                        ({"from": "\0"}, "query")):
        answer = bring_in(world.ada, sound(), **query)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    assert_problem(bring_in(world.ada, b""), 400)
    for body, word in ((b"<html>" * 100, "no MP3"), (FRAME * 50 + bytes(200000), "broken"), (b"ID3\4\0\0\0\0\0\0" + bytes(500), "MP3")):
        answer = bring_in(world.ada, body)
        assert_problem(answer, 415)
        assert word in answer.json["detail"], answer.text
    for kind in ("application/json", "audio/wav", "text/plain", "", "audio/mpegs"):
        assert_problem(bring_in(world.ada, sound(), headers={"Content_Type": kind}), 415)
    assert bring_in(world.ada, sound(), headers={"Content_Type": "Audio/MPEG; x=y"}).status == 201
    assert len(files(world)) == len(before) + 1 and world.stack.one("SELECT count(*) FROM call") == calls + 1


def a_longer_body_than_is_taken_is_413(world):
    most = int(world.stack.env["IMPORT_MAX_BYTES"])
    whole = FRAME * (most // len(FRAME))
    assert bring_in(world.ada, whole).status == 201
    assert_problem(bring_in(world.ada, whole + FRAME), 413)


def a_key_brings_a_recording_in_once(world):
    key, body = {"Idempotency_Key": str(uuid.uuid4())}, sound()
    first, again = (bring_in(world.ada, body, headers=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201) and first.json == again.json
    assert_problem(bring_in(world.ada, sound(7.2), headers=key), 422)
    assert_problem(bring_in(world.ada, body, headers=key, direction="inbound"), 422)
    assert_problem(bring_in(world.ada, body, headers={"Idempotency_Key": "with space"}), 400)
    other = {"Idempotency_Key": str(uuid.uuid4())}
    assert_problem(bring_in(world.ada, body, headers=other, to="+15550009999"), 400)
    assert bring_in(world.ada, body, headers=other).status == 201, "what failed uses no key up"
    world.ada.delete(f"/api/calls/{first.json['id']}")
    assert_problem(bring_in(world.ada, body, headers=key), 422)


def who_may_not_leaves_nothing(world):
    before, body = files(world), sound(360)
    path = target(**{"from": "+15550002222", "to": world.ada.number, "started_at": "2026-10-01T09:30:00Z"})
    for headers, status in (({}, 401), ({"Authorization": "Bearer " + "x" * 43}, 401),
                            ({"Cookie": f"callmill_session={world.ada.token}", "Origin": "https://evil.example"}, 403),
                            ({"Cookie": f"callmill_session={world.ada.token}", "Sec_Fetch_Site": "cross-site"}, 403)):
        assert_problem(world.post(path, body, Content_Type="audio/mpeg", **headers), status)
    assert files(world) == before
    page = {"Cookie": f"callmill_session={world.ada.token}", "Sec_Fetch_Site": "same-origin"}
    assert world.post(path, body, Content_Type="audio/mpeg", **page).status == 201
    assert_problem(world.post(path, body, Content_Type="multipart/form-data", **page), 415)


def curl_is_asked_to_send_first(world):
    """A client that waits for 100 Continue: let in by the session, and told at once where there is none."""
    with tempfile.NamedTemporaryFile(suffix=".mp3") as file:
        file.write(sound(360))
        file.flush()
        url = world.stack.api + target(**{"from": "+15550002222", "to": world.ada.number,
                                          "started_at": "2026-10-01T09:30:00Z"})
        for token, status in ((world.ada.token, "201"), ("x" * 43, "401")):
            done = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code} %{size_upload}", "-H", "Expect: 100-continue",
                                   "-H", "Content-Type: audio/mpeg", "-H", f"Authorization: Bearer {token}",
                                   "--data-binary", f"@{file.name}", url], capture_output=True, text=True, timeout=30)
            assert done.stdout.split()[0] == status, done
            if status == "401":
                assert int(done.stdout.split()[1]) < 1000000, f"sent although it was refused: {done.stdout}"


def a_full_disk_keeps_nothing(world):
    """No room for the body as it comes in; room for that, but not for the call's file."""
    disk, calls = world.stack.env["RECORDINGS_DIR"], world.stack.one("SELECT count(*) FROM call")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        for seconds in (360, 180):  # 1.4 MB, 0.7 MB
            answer = bring_in(world.ada, sound(seconds))
            assert_problem(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
            assert files(world) == []
            until("the room given back", 10, lambda: os.statvfs(disk).f_bfree == os.statvfs(disk).f_blocks)
        assert world.stack.one("SELECT count(*) FROM call") == calls
        assert bring_in(world.ada, sound()).status == 201
    finally:
        subprocess.run(["umount", disk], check=True)


# ---- driving again -----------------------------------------------------------------------------------------------


def a_failed_step(world, step, service=None, state="failed", **fields):
    """A call whose step is in that state; with a service, by an event that it gave up. Gives call and event."""
    call, event = world.ada.call(ended_at="2026-11-23T10:01:12Z", **fields), str(uuid.uuid4())
    world.stack.execute(f"""INSERT INTO call_step (call_id, organization_id, step, state, attempts, reason)
                            VALUES ('{call}', '{world.ada.id}', '{step}', '{state}', 5, 'it broke')""")
    if service:
        world.stack.execute(f"""
            INSERT INTO inbox (service, event_id, outcome) VALUES ('{service}', '{event}', 'dead');
            INSERT INTO dead_letter (id, service, topic, message_key, payload, headers, organization_id, call_id, step,
                                     class, reason, attempts)
            VALUES ('{event}', '{service}', 'call.transcribed', '{call}', 'words', '{{"ce_id": "{event}"}}',
                    '{world.ada.id}', '{call}', '{step}', 'retry', 'it broke', 5)""")
    return call, event


def retry(who, call, step):
    return who.post(f"/api/calls/{call}/steps/{step}/retry")


def a_given_up_event_goes_back_to_its_service(world):
    contract = Contract(world)
    call, event = a_failed_step(world, "enrich", "contact-enricher")
    other, _ = a_failed_step(world, "enrich", "contact-enricher")
    answer = retry(world.ada.member("retrying@example.com"), call, "enrich")

    contract.check("POST", "/api/calls/{id}/steps/{step}/retry", answer)
    assert answer.status == 202, answer.text
    assert {**answer.json, "updated_at": 0} == {"step": "enrich", "state": "waiting", "attempts": 0, "reason": None,
                                                "updated_at": 0}
    assert world.ada.get(f"/api/calls/{call}").json["steps"] == [answer.json]
    (queued,) = world.stack.sql("SELECT producer, aggregatetype, aggregateid, type, headers FROM outbox")
    assert queued == {"producer": "contact-enricher", "aggregatetype": "call.transcribed", "aggregateid": call,
                      "type": "CallTranscribed", "headers": {"ce_id": event}}
    assert not world.stack.sql(f"SELECT 1 FROM inbox WHERE event_id = '{event}'")
    assert not world.stack.sql(f"SELECT 1 FROM dead_letter WHERE call_id = '{call}'")
    assert world.stack.one(f"SELECT state FROM call_step WHERE call_id = '{other}'") == "failed"
    again = retry(world.ada, call, "enrich")
    contract.check("POST", "/api/calls/{id}/steps/{step}/retry", again)
    assert_problem(again, 409)
    world.stack.execute("DELETE FROM outbox; DELETE FROM dead_letter")


def a_recording_that_never_came_is_looked_for(world):
    call, _ = a_failed_step(world, "record")
    world.stack.execute(f"""
        UPDATE call SET swept_at = now() WHERE id = '{call}';
        INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid, state, reason)
        VALUES (gen_random_uuid(), '{call}', '{world.ada.id}', 'RE{uuid.uuid4().hex}', 'AC1', 'absent', 'x')""")
    assert retry(world.ada, call, "record").json["state"] == "waiting"
    assert world.stack.sql(f"SELECT recording_awaited, swept_at FROM call WHERE id = '{call}'") == \
        [{"recording_awaited": True, "swept_at": None}]
    assert world.stack.sql(f"SELECT state, reason FROM recording WHERE call_id = '{call}'") == \
        [{"state": "in-progress", "reason": None}]
    assert not world.stack.sql("SELECT 1 FROM outbox")


def what_cannot_be_driven_says_why(world):
    for state in ("waiting", "running", "done"):
        call, _ = a_failed_step(world, "analyze", state=state)
        answer = retry(world.ada, call, "analyze")
        assert_problem(answer, 409)
        assert state in answer.json["detail"], answer.text
    assert "has not begun" in retry(world.ada, call, "report").json["detail"]
    lost, _ = a_failed_step(world, "analyze")
    assert "nothing left" in retry(world.ada, lost, "analyze").json["detail"]
    assert world.stack.one(f"SELECT state FROM call_step WHERE call_id = '{lost}'") == "failed"
    for step in ("mail", "Analyze", "%00", "%ff", "'"):
        assert_problem(retry(world.ada, lost, step), 404)
    assert_problem(retry(world.ada, uuid.uuid4(), "analyze"), 404)
    assert_problem(retry(world.ada, "x", "analyze"), 404)


def anothers_step_is_not_there(world):
    call, event = a_failed_step(world, "enrich", "contact-enricher")
    assert_problem(retry(world.eve, call, "enrich"), 404)
    assert_problem(ask("POST", f"{world.stack.api}/api/calls/{call}/steps/enrich/retry"), 401)
    assert world.stack.one(f"SELECT count(*) FROM dead_letter WHERE id = '{event}'") == 1
    for statement in (f"SELECT retry_step('{call}', 'enrich')",
                      f"SELECT set_config('callmill.organization', '{world.eve.id}', false); SELECT retry_step('{call}', 'enrich')"):
        assert world.stack._psql(world.stack.api_role_url, statement).split()[-1] == "none"
    world.stack.execute("DELETE FROM dead_letter")


STORIES = (a_deleted_call_leaves_nothing_but_its_sid, a_member_deletes_and_nobody_else_does, of_two_who_delete_one_does,
           an_old_recording_becomes_a_call_of_its_time, which_number_is_ours_tells_who_called,
           what_does_not_fit_is_refused_with_its_name, a_longer_body_than_is_taken_is_413, a_key_brings_a_recording_in_once,
           who_may_not_leaves_nothing, curl_is_asked_to_send_first, a_full_disk_keeps_nothing,
           a_given_up_event_goes_back_to_its_service, a_recording_that_never_came_is_looked_for,
           what_cannot_be_driven_says_why, anothers_step_is_not_there)

if __name__ == "__main__":
    with World("api-acts", IMPORT_MAX_BYTES=str(2 * 1024 * 1024)) as the_world:
        tell(STORIES, the_world)
