"""The list, the details, the re-run and the recording, as API clients see them."""
import concurrent.futures
import datetime
import json
import uuid

from world import Contract, World, ask, assert_problem, pages, tell, until

CALL = ["id", "from_to_number", "call_sid", "has_recording", "created_at"]


def the_list_has_the_seeds_fields_to_the_letter(world):
    call = world.ada.full_call(from_number="+15551234567")
    (row,) = world.ada.get("/api/calls").json

    assert list(row)[:5] == CALL
    assert row["id"] == call and row["from_to_number"] == "+15551234567 -> +15559876501"
    assert row["has_recording"] is True and row["created_at"] == "2026-11-23T10:00:00.000000Z"
    assert row["duration_ms"] == 72000 and row["contact_name"] == "Grace Hopper" and row["direction"] == "inbound"


def the_details_have_the_seeds_fields_and_ours(world):
    (row,) = world.ada.get("/api/calls").json
    call = world.ada.get(f"/api/calls/{row['id']}").json

    assert {name: call[name] for name in row} == row
    assert call["transcription"] == 'Caller: Is it "ready"? é\nAgent: By Friday.'
    groups = call["analysis_groups"]
    assert [g["analyzer_name"] for g in groups] == ["Sentiment Analyzer", "Compliance", "Summary"]
    assert [set(g) for g in groups] == [{"analyzer_id", "analyzer_name", "runs"}] * 3
    assert [r["analysis_text"] for r in groups[1]["runs"]] == ["Compliance: first", "No compliance issues found."]
    assert set(groups[1]["runs"][0]) == {"id", "analysis_text", "created_at", "trigger", "engine", "model", "prompt_sha256",
                                           "duration_ms"}
    assert [s["role"] for s in call["segments"]] == ["caller", "agent"]
    assert call["contact"]["name"] == "Grace Hopper" and call["contact"]["company"] is None
    (todo,) = call["todos"]
    assert todo["due_date"] == "2026-11-27" and todo["evidence"]["segment_id"] == call["segments"][1]["id"]
    assert [s["step"] for s in call["steps"]] == ["record", "transcribe", "enrich", "analyze", "extract-todos", "report"]
    assert call["report"]["to"] == ["a@example.com", "b@example.com"]


def a_call_that_just_began_has_empty_details(world):
    call = world.ada.get(f"/api/calls/{world.ada.call(status='in-progress')}").json

    assert call["transcription"] is None and call["contact"] is None and call["report"] is None
    assert call["analysis_groups"] == call["segments"] == call["todos"] == call["steps"] == []
    assert call["duration_ms"] is None and call["contact_name"] is None


def every_answer_is_as_described(world):
    contract = Contract(world)
    (row, *_) = world.ada.get("/api/calls?has_recording=true").json
    world.ada.recording(row["id"], b"ID3" + bytes(1000))
    bearer = {"Authorization": f"Bearer {world.ada.token}"}
    asked = (("GET", "/api/calls", "", bearer), ("GET", "/api/calls", "?limit=0", bearer), ("GET", "/api/calls", "", {}),
             ("GET", "/api/calls", "?limit=1", bearer), ("GET", "/api/session", "", bearer), ("GET", "/api/session", "", {}),
             ("DELETE", "/api/session", "", {}), ("GET", "/api/openapi.json", "", {}), ("GET", "/api/events", "", {}))
    for method, path, query, headers in asked:
        contract.check(method, path, ask(method, world.stack.api + path + query, headers=headers))
    for method, path in (("GET", "/api/calls/{id}"), ("GET", "/api/calls/{id}/recording"), ("POST", "/api/calls/{id}/rerun")):
        for call in (row["id"], str(uuid.uuid4()), "nonsense"):
            for headers in (bearer, {}):
                contract.check(method, path, ask(method, world.stack.api + path.format(id=call), headers=headers))
    contract.check("POST", "/api/calls/{id}/rerun", world.ada.post(f"/api/calls/{world.ada.call()}/rerun"))


def the_description_keeps_to_itself(world):
    """Its examples are as it says, and no parameter goes unexplained."""
    contract = Contract(world)
    for path, item in contract.root["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for parameter in map(contract.resolve, operation.get("parameters", []) + item.get("parameters", [])):
                assert parameter.get("description"), f"{method} {path}: {parameter['name']}"
            for told in (*operation["responses"].values(), operation.get("requestBody", {})):
                for kind, content in contract.resolve(told).get("content", {}).items():
                    for name, example in content.get("examples", {}).items():
                        if kind.endswith("json"):
                            contract.match(example["value"], content["schema"], f"{method} {path}: {name}")


def pages_show_every_call_once_even_where_times_are_equal(world):
    base = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    at = [(base + datetime.timedelta(minutes=n // 4)).isoformat() for n in range(60)]
    values = ",".join(f"(gen_random_uuid(), 'CA{uuid.uuid4().hex}', '{world.eve.id}', '{world.eve.number_id}', '+15550002222',"
                      f" '{world.eve.number}', 'inbound', 'completed', '{t}')" for t in at)
    world.stack.execute("INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction,"
                        f" status, created_at) VALUES {values}")
    expected = [row["id"] for row in world.stack.sql(
        f"SELECT id FROM call WHERE organization_id = '{world.eve.id}' ORDER BY created_at DESC, id DESC")]
    for limit in (1, 7, 20, 21, 50, 59, 60, 61, 100):
        seen = pages(world.eve, f"/api/calls?limit={limit}")
        assert [c["id"] for page in seen for c in page] == expected, f"limit {limit}"
        assert all(len(page) == limit for page in seen[:-1])


def a_call_that_comes_meanwhile_shifts_no_page(world):
    first = world.eve.get("/api/calls?limit=30")
    world.eve.call(at="2026-12-01T00:00:00Z")
    second = world.eve.get(first.headers["Link"].split(">")[0].lstrip("<"))

    assert len({c["id"] for c in first.json + second.json}) == 60


def filters_narrow_the_list_down(world):
    contact = world.ada.contact("+33123456789")
    busy = world.ada.call(at="2024-02-29T23:59:59.9Z", status="busy", from_number="+33123456789", contact_id=contact)
    late = world.ada.call(at="2024-03-01T00:00:00Z", status="busy", from_number="+33777")

    def ids(query):
        answer = world.ada.get("/api/calls?" + query)
        assert answer.status == 200, answer.text
        return [c["id"] for c in answer.json]

    assert ids("status=busy") == [late, busy]
    assert ids("number=%2B3312") == [busy] and ids("number=3312") == [busy]
    assert ids(f"contact={contact}") == [busy]
    assert ids("from=2024-02-29&to=2024-02-29") == [busy]
    assert ids("to=2024-03-01T00:00:00Z") == [busy]
    assert ids("from=2024-03-01&to=2024-03-02") == [late]
    assert ids("status=busy&has_recording=true") == []
    assert [c for page in pages(world.ada, "/api/calls?status=busy&limit=1") for c in [page[0]["id"]]] == [late, busy]
    for query in ("limit=101", "limit=x", "cursor=00", "number=abc", "contact=1", "from=soon", "status=lost",
                  "has_recording=maybe", "limit="):
        assert_problem(world.ada.get("/api/calls?" + query), 400)


def a_rerun_is_asked_for_once_and_published(world):
    (row,) = world.ada.get("/api/calls?has_recording=true").json
    answer = world.ada.post(f"/api/calls/{row['id']}/rerun")

    assert answer.status == 202 and uuid.UUID(answer.json["request_id"])
    until("the outbox empty", 20, lambda: world.stack.one("SELECT count(*) FROM outbox") == 0)
    assert_problem(world.ada.post(f"/api/calls/{world.ada.call()}/rerun"), 409)
    assert_problem(world.ada.post(f"/api/calls/{uuid.uuid4()}/rerun"), 404)
    assert world.stack.one("SELECT count(*) FROM outbox") == 0


def a_recording_is_served_whole_in_parts_and_not_again(world):
    (row,) = world.ada.get("/api/calls?has_recording=true").json
    path, content = f"/api/calls/{row['id']}/recording", bytes(range(256)) * 2000
    world.ada.recording(row["id"], content)
    whole = world.ada.get(path)

    assert whole.status == 200 and whole.body == content and whole.headers["Content-Type"] == "audio/mpeg"
    part = world.ada.get(path, Range="bytes=100-299")
    assert part.status == 206 and part.body == content[100:300]
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(content)}"
    assert world.ada.get(path, Range="bytes=-5").body == content[-5:]
    assert world.ada.get(path, Range=f"bytes={len(content)}-").status == 416
    assert world.ada.get(path, If_None_Match=whole.headers["ETag"]).status == 304
    assert world.ada.get(path, Range="bytes=0-9", If_Range='"another"').body == content
    head = ask("HEAD", world.stack.api + path, headers={"Authorization": f"Bearer {world.ada.token}"})
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(len(content))
    world.ada.recording(row["id"], content + b"longer")
    assert world.ada.get(path, If_None_Match=whole.headers["ETag"]).status == 200


def without_a_recording_there_is_nothing_to_hear(world):
    silent = world.ada.call()
    world.ada.recording(silent, b"a file that no row knows")
    lost = world.ada.call(has_recording="true")

    for call in (silent, lost, str(uuid.uuid4())):
        assert_problem(world.ada.get(f"/api/calls/{call}/recording"), 404)


def what_is_not_there_is_told_as_a_problem(world):
    for path in ("/api", "/api/call", "/api/calls/", "/api/calls/1/2", "/api/calls/..%2f..%2fetc", "/api/calls/%00"):
        assert_problem(world.ada.get(path), 404)
    wrong = ask("PUT", world.stack.api + "/api/calls", headers={"Authorization": f"Bearer {world.ada.token}"})
    assert_problem(wrong, 405)
    assert_problem(world.post("/api/session", b"{" + b" " * 50_000, Content_Type="application/json"), 413)


def every_answer_carries_the_security_headers(world):
    for path in ("/api/calls", "/api/calls/x", "/api/openapi.json", "/api/session", "/nowhere"):
        headers = world.ada.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
    assert world.ada.get("/api/calls").headers["Cache-Control"] == "no-store"


def many_clients_at_once_get_their_own_answers(world):
    owned = {o: {c["id"] for page in pages(o, "/api/calls?limit=100") for c in page} for o in (world.ada, world.eve)}

    def one(n):
        organization = (world.ada, world.eve)[n % 2]
        if n % 7 == 0:  # leaves before the answer comes
            gone = world.connect()
            gone.request("GET", "/api/calls", headers={"Authorization": f"Bearer {organization.token}"})
            gone.close()
        shown = {c["id"] for c in organization.get("/api/calls?limit=100").json}
        assert shown == owned[organization]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(600)))


STORIES = (the_list_has_the_seeds_fields_to_the_letter, the_details_have_the_seeds_fields_and_ours,
           a_call_that_just_began_has_empty_details, every_answer_is_as_described, the_description_keeps_to_itself,
           a_rerun_is_asked_for_once_and_published, a_recording_is_served_whole_in_parts_and_not_again,
           without_a_recording_there_is_nothing_to_hear,
           pages_show_every_call_once_even_where_times_are_equal, a_call_that_comes_meanwhile_shifts_no_page,
           filters_narrow_the_list_down, what_is_not_there_is_told_as_a_problem,
           every_answer_carries_the_security_headers, many_clients_at_once_get_their_own_answers)

if __name__ == "__main__":
    with World("api-calls") as the_world:
        tell(STORIES, the_world)
        assert json.loads(the_world.get("/api/openapi.json").text)["openapi"] == "3.1.0"
