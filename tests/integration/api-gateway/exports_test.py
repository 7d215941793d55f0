"""Calls as they leave the house: the list as CSV, one call as a file, its waveform, its report as mailed."""
import csv
import io
import json
import re
import urllib.parse
import uuid

from world import Contract, World, ask, assert_problem, quoted, tell

CSV = "/api/calls/export"
COLUMNS = ["id", "call_sid", "direction", "from", "to", "contact", "status", "started_at", "ended_at", "duration_s",
           "has_recording", "sentiment", "summary"]


def table(organization, **filters):
    """The lines of all pages, as dictionaries."""
    rows, path = [], CSV + "?" + urllib.parse.urlencode(filters)
    while path:
        answer = organization.get(path)
        assert answer.status == 200, answer.text
        assert answer.text.endswith("\r\n")
        head, *lines = csv.reader(io.StringIO(answer.text, newline=""), strict=True)
        assert head == COLUMNS and all(len(line) == len(head) for line in lines)
        rows += [dict(zip(head, line)) for line in lines]
        path = answer.headers["Link"].split(">")[0].lstrip("<") if answer.headers["Link"] else None
    return rows


def waveform(organization, call, roles, peaks):
    organization.stack.execute(f"""
        INSERT INTO waveform (call_id, organization_id, recording_sid, duration_ms, roles, peaks)
        VALUES ('{call}', '{organization.id}', 'RE{uuid.uuid4().hex}', 72000, {roles}, '\\x{bytes(peaks).hex()}')""")


def report(organization, call, state, html):
    organization.stack.execute(f"""
        INSERT INTO report (id, call_id, organization_id, state, message_id, body_html)
        VALUES ('{uuid.uuid4()}', '{call}', '{organization.id}', '{state}', '<{call}@callmill>', {quoted(html)})
        ON CONFLICT (call_id) DO UPDATE SET state = EXCLUDED.state, body_html = EXCLUDED.body_html""")


def a_call_is_a_line_of_its_columns(world):
    call = world.ada.full_call(from_number="+15551234567", sentiment="positive", summary="Asked for it.")
    world.stack.execute(f"UPDATE call SET duration_ms = 72500 WHERE id = '{call}'")
    answer = world.ada.get(CSV)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="calls-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"])
    sid = world.ada.get(f"/api/calls/{call}").json["call_sid"]
    assert answer.text == (",".join(COLUMNS) + f"\r\n{call},{sid},inbound,'+15551234567,'+15559876501,Grace Hopper,completed,"
                           "2026-11-23T10:00:00.000000Z,2026-11-23T10:01:12.000000Z,72.5,true,positive,Asked for it.\r\n")


def what_is_not_known_is_an_empty_field(world):
    call = world.ada.call(at="2026-12-01T00:00:00Z", status="busy", from_number="anonymous")
    (row,) = table(world.ada, status="busy")
    assert row["id"] == call and row["from"] == "anonymous" and row["has_recording"] == "false"
    assert [name for name in COLUMNS if row[name] == ""] == ["contact", "started_at", "ended_at", "duration_s", "sentiment", "summary"]


def no_spreadsheet_runs_what_a_caller_said(world):
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tTab", "\rReturn", 'Say "no", please', "two\nlines", "a,b", "'quoted", "é \U0001F600",
             '=HYPERLINK("http://x","y")']
    for n, text in enumerate(texts):
        world.ada.call(at=f"2026-12-02T00:00:{n:02}Z", direction="outbound", summary=text, status="ringing")
    rows = table(world.ada, status="ringing")

    assert [row["summary"] for row in reversed(rows)] == [("'" if text[0] in "=+-@\t\r" else "") + text for text in texts]
    text = world.ada.get(CSV + "?status=ringing").text
    assert '"Say ""no"", please"' in text and '"\'=HYPERLINK(""http://x"",""y"")"' in text


def pages_follow_each_other_with_the_same_filters(world):
    for n in range(25):
        world.eve.call(at=f"2026-10-{n + 1:02}T00:00:00Z", status=("busy", "completed")[n % 2], sentiment="mixed")
    everything = [call["id"] for call in world.eve.get("/api/calls?limit=100").json]
    busy = [call["id"] for call in world.eve.get("/api/calls?limit=100&status=busy").json]

    assert len(everything) == 25 and len(busy) == 13
    for limit in (1, 7, 12, 13, 25, 10000):
        assert [row["id"] for row in table(world.eve, limit=limit)] == everything
        assert [row["id"] for row in table(world.eve, limit=limit, status="busy", sentiment="mixed")] == busy
    assert table(world.eve, q="nothing") == table(world.eve, failed="true") == []
    cursor = world.eve.get("/api/calls?limit=20").headers["Link"].split("cursor=")[1].split("&")[0]
    assert [row["id"] for row in table(world.eve, cursor=cursor)] == everything[20:]


def words_narrow_the_table_down_too(world):
    call = world.ada.full_call(at="2026-09-01T00:00:00Z")
    (row,) = table(world.ada, q="ready", to="2026-09-30")
    assert row["id"] == call
    assert [r["id"] for r in table(world.ada, analysis="compliance", to="2026-09-30")] == [call]


def a_table_of_more_than_a_page_is_whole(world):
    world.stack.execute(f"""
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status, created_at)
        SELECT gen_random_uuid(), 'CA' || md5('table' || n), '{world.eve.id}', '{world.eve.number_id}', '+15550009999',
               '{world.eve.number}', 'inbound', 'no-answer', timestamptz '2024-01-01' + n * interval '1 second'
        FROM generate_series(1, 10050) n""")
    rows = table(world.eve, status="no-answer")
    assert len({row["id"] for row in rows}) == len(rows) == 10050
    assert len(world.eve.get(CSV + "?status=no-answer").text.split("\r\n")) == 10002


def one_call_is_a_file_of_what_is_shown(world):
    call = world.ada.full_call(at="2026-08-01T00:00:00Z")
    file = world.ada.get(f"/api/calls/{call}/export")
    assert file.json == world.ada.get(f"/api/calls/{call}").json
    assert file.headers["Content-Disposition"] == f'attachment; filename="call-{call}.json"'
    assert world.ada.get(f"/api/calls/{call}").headers["Content-Disposition"] is None


def a_waveform_has_its_channels_apart(world):
    dual, mono, bare = (world.ada.call(at="2026-07-01T00:00:00Z") for _ in range(3))
    waveform(world.ada, dual, "'{agent,caller}'", [0, 128, 255, 1, 2, 3])
    waveform(world.ada, mono, "ARRAY[NULL]::text[]", range(256))

    assert world.ada.get(f"/api/calls/{dual}/waveform").json == {
        "duration_ms": 72000, "channels": [{"role": "agent", "peaks": [0, 128, 255]}, {"role": "caller", "peaks": [1, 2, 3]}]}
    assert world.ada.get(f"/api/calls/{mono}/waveform").json["channels"] == [{"role": None, "peaks": list(range(256))}]
    for call in (bare, uuid.uuid4()):
        assert_problem(world.ada.get(f"/api/calls/{call}/waveform"), 404)


def a_report_is_shown_as_mailed_and_kept_from_harm(world):
    call = world.ada.call(at="2026-07-02T00:00:00Z")
    html = "<!doctype html><p style='color:red'>Grüße &amp; <a href=\"https://example.com\">more</a></p>"
    path = f"/api/calls/{call}/report"
    for state, body in (("due", None), ("sending", html), ("skipped", html), ("sent", None)):
        report(world.ada, call, state, body)
        assert_problem(world.ada.get(path), 404)
    report(world.ada, call, "sent", html)
    answer = world.ada.get(path)

    assert answer.status == 200 and answer.text == html
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers.get_all("Content-Security-Policy") == [
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"

    whole = "<!doctype html><head><title>Report</title></head><p>&lt;/head> <a href='https://example.com'>Open the call</a>"
    report(world.ada, call, "sent", whole)
    assert world.ada.get(path).text == whole.replace("</head>", "<style>a{display:none!important}</style></head>")


def what_is_anothers_does_not_leave(world):
    call = world.ada.full_call(at="2026-07-03T00:00:00Z")
    waveform(world.ada, call, "'{caller}'", [1])
    report(world.ada, call, "sent", "<p>")
    for what in ("export", "waveform", "report"):
        assert world.ada.get(f"/api/calls/{call}/{what}").status == 200
        assert_problem(world.eve.get(f"/api/calls/{call}/{what}"), 404)
        assert_problem(world.get(f"/api/calls/{call}/{what}"), 401)
    assert call in [row["id"] for row in table(world.ada)] and call not in [row["id"] for row in table(world.eve)]
    assert_problem(world.get(CSV), 401)
    assert table(world.ada.member("reader@example.com"), status="busy") == table(world.ada, status="busy")


def every_answer_is_as_described(world):
    contract = Contract(world)
    call = world.ada.full_call(at="2026-07-04T00:00:00Z")
    waveform(world.ada, call, "'{caller,agent}'", [1, 2])
    report(world.ada, call, "sent", "<p>")
    for query in ("", "?limit=1", "?limit=0", "?limit=10001", "?limit=", "?cursor=x", "?q=", "?from=soon", "?from=0001-01-01",
                  "?to=9999-12-31&number=15", "?limit=10000&limit=x", "?include=nothing"):
        answer = world.ada.get(CSV + query)
        assert answer.status == (400 if query in ("?limit=0", "?limit=10001", "?limit=", "?cursor=x", "?q=", "?from=soon",
                                         "?limit=10000&limit=x") else 200), query
        contract.check("GET", CSV, answer)
    contract.check("GET", CSV, world.get(CSV))
    for what in ("export", "waveform", "report"):
        for id in (call, uuid.uuid4(), "nonsense", "%00"):
            contract.check("GET", f"/api/calls/{{id}}/{what}", world.ada.get(f"/api/calls/{id}/{what}"))
    head = ask("HEAD", world.stack.api + CSV, headers={"Authorization": f"Bearer {world.ada.token}"})
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) > 100
    assert json.loads(world.ada.get(f"/api/calls/{call}/export").text)["id"] == call


STORIES = (a_call_is_a_line_of_its_columns, what_is_not_known_is_an_empty_field, no_spreadsheet_runs_what_a_caller_said,
           pages_follow_each_other_with_the_same_filters, words_narrow_the_table_down_too, a_table_of_more_than_a_page_is_whole,
           one_call_is_a_file_of_what_is_shown, a_waveform_has_its_channels_apart, a_report_is_shown_as_mailed_and_kept_from_harm,
           what_is_anothers_does_not_leave, every_answer_is_as_described)

if __name__ == "__main__":
    with World("api-exports") as the_world:
        tell(STORIES, the_world)
