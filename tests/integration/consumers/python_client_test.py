"""The official Python client with its Avro deserializer reads every topic: one event of every kind, with every field
filled in, put there by callmill's own codec (emit_all). What it reads is compared with what was put in."""
import datetime
import pathlib
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from stack import Stack, until  # noqa: E402

from confluent_kafka import DeserializingConsumer  # noqa: E402
from confluent_kafka.error import ConsumeError  # noqa: E402
from confluent_kafka.schema_registry.avro import AvroDeserializer  # noqa: E402
from confluent_kafka.serialization import StringDeserializer  # noqa: E402

CALL_ID = "019a0000-0000-7000-8000-000000000002"
AT = datetime.datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc)


def plain(value):
    """Values as the client gives them, with ids as text whether its Avro library knows uuids or not."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def read_all(stack, kinds):
    consumer = DeserializingConsumer({
        "bootstrap.servers": stack.env["KAFKA_BROKERS"], "group.id": stack.database, "auto.offset.reset": "earliest",
        "key.deserializer": StringDeserializer(),
        "value.deserializer": AvroDeserializer(stack.registry),
    })
    prefix, seen = stack.env["TOPIC_PREFIX"], {}
    consumer.subscribe([prefix + kind for kind in kinds])

    def one_more():
        try:
            message = consumer.poll(1.0)
        except ConsumeError as trouble:  # a broker may need a while to know topics as young as these
            print(f"the client says: {trouble}", flush=True)
            return False
        if message is not None:
            assert message.key() == CALL_ID, message.key()
            seen[message.topic().removeprefix(prefix)] = plain(message.value())
        return len(seen) == len(kinds)
    until(f"an event from each of {len(kinds)} topics", 120, one_more, every=0)
    consumer.close()
    return seen


def main():
    with Stack("consumers") as stack:
        kinds = subprocess.run([stack.bin / "emit_all"], env=stack.env, check=True, stdout=subprocess.PIPE,
                               text=True).stdout.split()
        seen = read_all(stack, kinds)

    for kind, event in seen.items():
        assert list(event)[:5] == ["event_id", "occurred_at", "organization_id", "call_id", "call_sid"], (kind, event)
        assert event["call_id"] == CALL_ID and event["occurred_at"] == AT, (kind, event)
    transcribed = seen["call.transcribed"]
    assert transcribed["text"] == "Caller: Hej, Åsa here.\nAgent: Good morning.", transcribed
    assert [(s["role"], s["start_ms"], s["text"]) for s in transcribed["segments"]] == [
        ("caller", 0, "Hej, Åsa here."), ("agent", 1600, "Good morning.")], transcribed
    todos = seen["call.todos-extracted"]["todos"]
    assert [(t["title"], str(t["due_date"])) for t in todos] == [("Send the quote", "2026-11-27"), ("Call back", "None")]
    analyzed = seen["call.analyzed"]
    assert (analyzed["analysis_text"], analyzed["sentiment"]) == ("Positive (score +0.40).", "positive"), analyzed
    assert seen["call.ended"]["duration_ms"] == 3000
    assert seen["call.enriched"]["name"] == "Åsa"
    turn = seen["live.turn"]
    assert (turn["role"], turn["position"], turn["text"], turn["interrupted"]) == (
        "agent", 2, "Good morning, Åsa.", True), turn
    ended = seen["live.ended"]
    assert (ended["reason"], ended["kind"], ended["ended_at"] - ended["started_at"]) == (
        "stopped", "assistant", datetime.timedelta(seconds=3)), ended
    print(f"the Python client read {len(seen)} of {len(kinds)} topics: {', '.join(sorted(seen))}")


if __name__ == "__main__":
    main()
