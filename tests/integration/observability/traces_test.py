"""A call is one trace: an OpenTelemetry collector that reads strictly is told of every step of it, by all services, and of
nothing that anybody said. When the collector is away calls go on as fast, and what it misses is counted.

    tests/integration/observability/traces_test.py     (tests/run sets the rest)
"""
import collections
import pathlib
import re
import sys
import time

from confluent_kafka import Consumer, TopicPartition

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import speech_server  # noqa: E402
from mailbox import Mailbox  # noqa: E402
from office import FAST, NUMBER, all_reported, an_organization, place_calls  # noqa: E402
from otlp_receiver import Collector  # noqa: E402
from stack import SERVICES, Failed, Stack, free_port, until  # noqa: E402

ROOM, BATCH = 32, 8
CALLS = 24  # so many that the reporter has more to tell of than it may keep
HEADER = "secret, of the collector"
# Who tells of which event's handling, and what it hangs on; None: on what Twilio said, or the call itself.
STEPS = {
    ("call-ingest", "recording.available"): {None},
    ("transcriber", "call.recorded"): {("call-ingest", "recording.available")},
    ("contact-enricher", "call.transcribed"): {("transcriber", "call.recorded")},
    ("analyzer-runner", "call.transcribed"): {("transcriber", "call.recorded")},
    ("todo-extractor", "call.transcribed"): {("transcriber", "call.recorded")},
    ("reporter", "call.enriched"): {("contact-enricher", "call.transcribed")},
    ("reporter", "call.analyzed"): {("analyzer-runner", "call.transcribed")},
    ("reporter", "call.todos-extracted"): {("todo-extractor", "call.transcribed")},
    ("reporter", "call.report-due"): {("reporter", "call.enriched"), ("reporter", "call.analyzed"),
                                      ("reporter", "call.todos-extracted")},
}
EVENTS = {"call.started", "call.ended", "call.reported", "call.report-due", *(event for _, event in STEPS)}


def step_of(span):
    return (span.service, span.name.removeprefix("process ")) if span and span.kind == "CONSUMER" else None


def trace_of(call_id):
    """The trace's id and its root span's."""
    trace_id = call_id.replace("-", "")
    return trace_id, trace_id[16:]


# ---- a call's trace ----

def whole_trace(collector, call_id):
    """Waits until every step was told of and everything hangs together; its spans by id."""
    trace_id, root_id = trace_of(call_id)

    def look():
        spans = {span.span_id: span for span in collector.of_trace(trace_id)}
        return (spans, STEPS.keys() - {step_of(span) for span in spans.values()},
                [span for span in spans.values() if span.parent_id not in {"", root_id, *spans}])
    try:
        until("a whole trace", 30, lambda: not any(look()[1:]))
    except Failed:
        raise Failed("nobody tells of %s, or of the parents of %s" % look()[1:]) from None
    return look()[0]


def each_step_hangs_on_the_one_before(spans):
    for span in spans.values():
        step = step_of(span)
        if step:
            assert step_of(spans.get(span.parent_id)) in STEPS[step], (span, spans.get(span.parent_id))
            assert not span.failed and 0 < span.start <= span.end, span


def each_step_says_what_it_is(stack, spans):
    for span in spans.values():
        if span.kind != "CONSUMER":
            continue
        fields = span.fields
        assert fields["messaging.system"] == "kafka" and fields["messaging.operation.type"] == "process", fields
        topic = fields["messaging.destination.name"]
        assert topic == stack.env["TOPIC_PREFIX"] + step_of(span)[1], fields
        assert fields["messaging.destination.partition.id"].isdigit() and fields["messaging.kafka.offset"] >= 0, fields
        assert fields["callmill.attempts"] == 1, fields


def the_process_is_told_of(collector):
    for resource in collector.resources:
        assert resource["service.namespace"] == "callmill" and resource["deployment.environment.name"] == "tests, in Python"
        assert resource["service.version"] and resource["service.instance.id"], resource
    instances = {(one["service.name"], one["service.instance.id"]) for one in collector.resources}
    assert len(instances) == len({name for name, _ in instances}), instances
    assert {headers["X-Key"] for headers in collector.headers} == {HEADER}, collector.headers[0]


def events_carry_it(stack, call_id, spans):
    """The header of each of the call's events names the span that emitted it, or the root."""
    trace_id, root_id = trace_of(call_id)
    seen = {}
    until("all events published", 20, lambda: stack.one("SELECT count(*) FROM outbox") == 0)
    for topic, headers in messages_of(stack, call_id):
        version, of_trace, of_span, flags = headers["traceparent"].split("-")
        assert (version, of_trace, flags) == ("00", trace_id, "01"), (topic, headers)
        assert of_span == root_id or of_span in spans, (topic, headers)
        seen[topic] = step_of(spans.get(of_span))
    assert EVENTS <= seen.keys(), EVENTS - seen.keys()
    assert seen["call.reported"] == ("reporter", "call.report-due"), seen


def messages_of(stack, call_id):
    """Topic, without the prefix, and headers of every message with that key."""
    prefix = stack.env["TOPIC_PREFIX"]
    consumer = Consumer({"bootstrap.servers": stack.env["KAFKA_BROKERS"], "group.id": f"{prefix}traces",
                         "enable.auto.commit": False})
    left = {}
    for topic, facts in consumer.list_topics(timeout=30).topics.items():
        for number in facts.partitions if topic.startswith(prefix) else ():
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)
            if high > low:
                left[topic, number] = TopicPartition(topic, number, low), high
    consumer.assign([place for place, _ in left.values()])
    while left:
        message = until("the next message", 30, lambda: consumer.poll(1))
        assert not message.error(), message.error()
        place = message.topic(), message.partition()
        if place in left and message.offset() + 1 >= left[place][1]:
            del left[place]
        if message.key() == call_id.encode():
            yield message.topic().removeprefix(prefix), {name: value.decode() for name, value in message.headers()}
    consumer.close()


def the_log_knows_it(stack, call_id):
    """What is said in the midst of the work."""
    trace_id, _ = trace_of(call_id)
    log = (stack.dir / "call-ingest.log").read_text()
    (line,) = [line for line in log.splitlines() if "recording fetched" in line]
    assert re.search(rf"\btrace_id={trace_id} span_id=[0-9a-f]{{16}}\b", line), line


def nothing_personal_is_told(stack, collector):
    numbers = {value for row in stack.sql("SELECT from_number, to_number FROM call") for value in row.values() if value}
    words = {word for _, _, text in speech_server.WORDS for word in re.findall(r"\w{5,}", text)}
    secrets = {stack.env["TWILIO_AUTH_TOKEN"], HEADER, "ada@example.com", "Office"}
    assert len(numbers) > 1 and NUMBER in numbers and len(words) > 3, (numbers, words)
    told = "\n".join(collector.texts).lower()
    found = {one for one in {number.lstrip("+") for number in numbers} | words | secrets if one.lower() in told}
    assert not found, found


def a_call_is_one_trace(stack, collector):
    took = put_through(stack, 1, 1)
    call_id = stack.one("SELECT id FROM call")
    spans = whole_trace(collector, call_id)
    assert {span.trace_id for span in collector.spans if span.kind == "CONSUMER"} == {trace_of(call_id)[0]}
    each_step_hangs_on_the_one_before(spans)
    each_step_says_what_it_is(stack, spans)
    the_process_is_told_of(collector)
    events_carry_it(stack, call_id, spans)
    the_log_knows_it(stack, call_id)
    nothing_personal_is_told(stack, collector)
    assert lost(stack) == 0
    print(f"one call of {took:.1f} s, one trace of {len(spans)} spans", flush=True)
    return took


# ---- the collector is away ----

def put_through(stack, count, in_all, seed=1):
    """Places the calls and waits until they are reported; how long that took, in seconds."""
    began = time.monotonic()
    place_calls(stack, count, seed=seed)
    all_reported(stack, in_all)
    stack.stop("callsim")
    return time.monotonic() - began


def counted(stack, service):
    """What became of the spans of a service: exported, waiting, and dropped by reason."""
    seen = stack.metrics(service)
    found = {reason: int(seen[f'callmill_spans_dropped_total{{reason="{reason}"}}']) for reason in ("queue", "refused", "away")}
    return {**found, "exported": int(seen["callmill_spans_exported_total"]), "waiting": int(seen["callmill_spans_waiting"])}


def lost(stack):
    return sum(count for service in SERVICES for what, count in counted(stack, service).items()
               if what in ("queue", "refused", "away"))


def without_a_collector_calls_go_on(stack, collector, usual):
    collector.off()
    took = put_through(stack, 1, 2, seed=2)
    # A batch is tried for a minute: a call whose steps waited for it would take longer than all this machine may do beside it.
    assert took < usual + 40, f"{took:.1f} s instead of {usual:.1f}"
    put_through(stack, CALLS, 2 + CALLS, seed=3)
    seen = {service: counted(stack, service) for service in SERVICES}
    assert all(of["waiting"] <= ROOM for of in seen.values()), seen
    assert seen["reporter"]["queue"] > 0, seen
    assert "traces are not taken" in (stack.dir / "reporter.log").read_text()
    print(f"without a collector a call takes {took:.1f} s; the reporter: {seen['reporter']}", flush=True)


def one_that_has_no_time_is_asked_again(collector):
    collector.status = 503
    collector.on()
    until("a request that is turned away", 20, lambda: collector.turned_away)
    collector.status = 200


def what_waited_arrives(stack, collector):
    def settled():
        seen = {service: counted(stack, service) for service in SERVICES}
        arrived = collections.Counter(span.service for span in list(collector.spans))
        return all(not of["waiting"] and of["exported"] == arrived[service] for service, of in seen.items()) and seen
    before = len(collector.spans)
    until("spans of the calls meanwhile", 30, lambda: len(collector.spans) > before)
    until("empty queues", 30, settled)
    put_through(stack, 1, 3 + CALLS, seed=4)
    whole_trace(collector, stack.one("SELECT id FROM call ORDER BY created_at DESC, id DESC LIMIT 1"))
    seen = until("empty queues", 30, settled)["reporter"]
    handled = sum(int(value) for name, value in stack.metrics("reporter").items()
                  if name.startswith("callmill_events_handled_total") and 'outcome="done"' in name)
    assert sum(seen.values()) >= handled > 4 * CALLS, (seen, handled)
    log = (stack.dir / "reporter.log").read_text()
    assert log.count("traces are not taken") <= 2 and log.count("traces are taken again") == 1, log


def a_process_ends_with_nobody_to_tell(stack, collector):
    """And tells what it has where there is somebody."""
    collector.off()
    began = time.monotonic()
    assert stack.stop("transcriber") == 0
    assert time.monotonic() - began < 40  # its last batch is not tried for the whole minute


def main():
    collector = Collector(free_port()).on()
    with Stack("traces", **FAST, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url + "/",
               OTEL_EXPORTER_OTLP_HEADERS="X-Key=secret%2C%20of%20the%20collector", OTEL_BSP_SCHEDULE_DELAY="200",
               OTEL_BSP_MAX_QUEUE_SIZE=str(ROOM), OTEL_BSP_MAX_EXPORT_BATCH_SIZE=str(BATCH),
               OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=tests%2C in Python") as stack:
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        mailbox = Mailbox(stack.ports["smtp"])
        mailbox.start()
        an_organization(stack)
        stack.start_all()
        usual = a_call_is_one_trace(stack, collector)
        without_a_collector_calls_go_on(stack, collector, usual)
        one_that_has_no_time_is_asked_again(collector)
        what_waited_arrives(stack, collector)
        a_process_ends_with_nobody_to_tell(stack, collector)
        mailbox.stop()
    assert not collector.faults, collector.faults


if __name__ == "__main__":
    main()
