"""A call on the line, as live-session writes it down: its session, each turn when it is over, its end. Rows and events
are one transaction; `producer` is the running service whose relay publishes what is in the outbox.

    line = Line(stack, organization, call)
    line.begin()
    line.say("caller", "Where is my order?")
    line.end("stopped")
"""
import datetime
import json
import pathlib
import uuid

from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas/avro"


def quoted(value):
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


class Line:
    def __init__(self, stack, organization, call, producer="api-gateway"):
        self.stack, self.organization, self.call, self.producer = stack, organization, call, producer
        self.sid = stack.one(f"SELECT call_sid FROM call WHERE id = '{call}'")
        self.session = None

    def begin(self, ago_s=0, kind="assistant", engine="realtime", model="gpt-realtime"):
        self.session, self.position, self.at_ms = str(uuid.uuid4()), 0, 0
        self.kind, self.engine, self.model = kind, engine, model
        self.began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
        holder = uuid.uuid4()
        self.stack.execute(f"""
            INSERT INTO live_holder (id, seen_at) VALUES ('{holder}', now());
            INSERT INTO live_session (id, call_id, organization_id, stream_sid, kind, engine, model, holder_id, started_at)
            VALUES ('{self.session}', '{self.call}', '{self.organization}', 'MZ{uuid.uuid4().hex}', '{kind}', {quoted(engine)},
                    {quoted(model)}, '{holder}', '{self.began.isoformat()}');
            UPDATE call SET status = 'in-progress' WHERE id = '{self.call}' AND status <> 'completed'""")
        return self

    def say(self, role, text, interrupted=False, event=True):
        """`event`: whether anybody is told of it."""
        turn = {"turn_id": uuid.uuid4(), "position": self.position, "role": role, "start_ms": self.at_ms, "end_ms": self.at_ms + 1500,
                "text": text, "interrupted": interrupted}
        row = [turn["turn_id"], self.session, self.call, self.organization, *list(turn.values())[1:]]
        self.position, self.at_ms = self.position + 1, self.at_ms + 2000
        self.stack.execute(f"""
            BEGIN;
            INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms, end_ms, text, interrupted)
            VALUES ({', '.join(map(quoted, row))});
            {self._event("live-turn", turn) if event else ""}
            COMMIT""")

    def end(self, reason):
        ended = datetime.datetime.now(datetime.timezone.utc)
        event = {"reason": reason, "kind": self.kind, "started_at": self.began, "ended_at": ended, "turn_count": self.position,
                 "engine": self.engine, "model": self.model}
        self.stack.execute(f"""
            BEGIN;
            UPDATE live_session SET ended_at = '{ended.isoformat()}', reason = '{reason}', holder_id = NULL WHERE id = '{self.session}';
            {self._event("live-ended", event)}
            COMMIT""")

    def _event(self, schema, fields):
        text = (SCHEMAS / f"{schema}.avsc").read_text()
        name, topic = json.loads(text)["name"], schema.replace("-", ".", 1)
        head = {"event_id": uuid.uuid4(), "occurred_at": datetime.datetime.now(datetime.timezone.utc),
                "organization_id": uuid.UUID(self.organization), "call_id": uuid.UUID(self.call), "call_sid": self.sid,
                "session_id": uuid.UUID(self.session)}
        where = SerializationContext(self.stack.env["TOPIC_PREFIX"] + topic, MessageField.VALUE)
        payload = AvroSerializer(self.stack.registry, text)({**head, **fields}, where)
        return f"""INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload)
                   VALUES ('{head["event_id"]}', '{self.producer}', '{topic}', '{self.call}', '{name}', '\\x{payload.hex()}');"""
