"""Calls that their organization keeps no longer: the running service deletes them and publishes that it did. And what the
service refuses to start with."""
import pathlib
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from stack import Stack, until  # noqa: E402


def given_calls(stack, organization, number, count, age):
    stack.execute(f"""INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status, created_at)
        SELECT gen_random_uuid(), 'CA' || replace(gen_random_uuid()::text, '-', ''), '{organization}', '{number}', '+15550001111',
               '+15550002222', 'inbound', 'completed', now() - interval '{age}' FROM generate_series(1, {count})""")


def old_calls_go_with_their_events(stack):
    kept, left = (stack.callmill("org", "add", "--name", name, "--json")["id"] for name in ("Keeps", "Leaves"))
    for n, organization in enumerate((kept, left)):
        number = stack.callmill("number", "add", "--org", organization, "--number", f"+1555987660{n}", "--json")["id"]
        for count, age in ((120, "31 days"), (3, "29 days")):
            given_calls(stack, organization, number, count, age)
    stack.execute(f"""UPDATE organization SET retention_days = 30 WHERE id = '{left}';
        CREATE TABLE sent (call_id text, topic text, producer text);
        GRANT INSERT ON sent TO callmill_worker;
        CREATE FUNCTION note_sent() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO sent VALUES (NEW.aggregateid, NEW.aggregatetype, NEW.producer); RETURN NULL; END $$;
        CREATE TRIGGER note_sent AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_sent();
        GRANT SELECT ON sent TO callmill_worker""")
    old = {row["id"] for row in stack.sql(f"SELECT id FROM call WHERE organization_id = '{left}' AND created_at < now() - interval '30 days'")}

    stack.start("call-ingest", SWEEP_INTERVAL_S="1", RETENTION_INTERVAL_S="1", RETENTION_BATCH_MAX="50",
                REALTIME_URL="wss://model.example.com")
    stack.wait_ready("call-ingest")
    until("the old calls gone", 30, lambda: stack.one("SELECT count(*) FROM call") == 123 + 3)
    assert stack.one(f"SELECT count(*) FROM call WHERE organization_id = '{left}'") == 3
    sent = stack.sql("SELECT * FROM sent")
    assert len(sent) == len(old) == 120 and {row["call_id"] for row in sent} == old
    assert {(row["topic"], row["producer"]) for row in sent} == {("call.deleted", "call-ingest")}
    # What is remembered of a deleted call is written by the deletion itself: the event's row is of the same transaction.
    assert stack.sql("SELECT DISTINCT xmin::text FROM sent ORDER BY 1") == stack.sql("SELECT DISTINCT xmin::text FROM deleted_call ORDER BY 1")
    until("the outbox published", 20, lambda: stack.one("SELECT count(*) FROM outbox") == 0)
    until("all of them counted", 10, lambda: stack.metrics("call-ingest")["callmill_calls_expired_total"] == "120")
    assert stack.stop("call-ingest") == 0
    assert "no assistant will answer" in stack.log_tail("call-ingest", 1000)  # it has no STREAM_URL


def a_stream_url_with_what_twilio_drops_is_refused(stack):
    for url in ("wss://calls.example.com/twilio/stream?call=1", "wss://calls.example.com/twilio/stream#call"):
        done = subprocess.run([stack.bin / "call-ingest"], capture_output=True, text=True, timeout=60,
                              env={**stack.env, "STREAM_URL": url, "ADMIN_ADDR": "127.0.0.1:0", "HTTP_ADDR": "127.0.0.1:0"})
        assert done.returncode != 0 and f"STREAM_URL '{url}' has a query or a fragment" in done.stderr, done


if __name__ == "__main__":
    with Stack(f"expiry-{uuid.uuid4().hex[:6]}") as the_stack:
        old_calls_go_with_their_events(the_stack)
        print("ok old_calls_go_with_their_events", flush=True)
        a_stream_url_with_what_twilio_drops_is_refused(the_stack)
        print("ok a_stream_url_with_what_twilio_drops_is_refused", flush=True)
