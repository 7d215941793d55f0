"""What a dashboard or an alert asks for is exported by a running service: all of them run, a call goes its whole way, its
stream is listened to, its recording is kept in a bucket, and each query must find its metric, its labels and series that
its matchers take.

    tests/integration/observability/metrics_test.py     (tests/run sets the rest)
"""
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "prometheus"), str(TESTS / "integration/live-session")]
import promql  # noqa: E402
import speech_server  # noqa: E402
from otlp_receiver import Collector  # noqa: E402
from line import FORWARDED, LIVE, Line, until  # noqa: E402
from object_store import BUCKET, ObjectStore  # noqa: E402
from stack import SERVICES, free_port, http  # noqa: E402

ALL = (*SERVICES, LIVE)
LINE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
AS_IT_COMES = {"status"}  # no answer of a test that goes well is a 5xx


def series_of(stack):
    """{metric: [labels]}, with what Prometheus adds to each."""
    found = {"up": []}
    for job in ALL:
        added = {"job": job, "instance": f"127.0.0.1:{stack.ports[job]}"}
        found["up"].append(added)
        for text in http("GET", f"http://{added['instance']}/metrics").text.splitlines():
            if text and not text.startswith("#"):
                name, labels, _ = LINE.fullmatch(text).groups()
                found.setdefault(name, []).append({**dict(LABEL.findall(labels or "")), **added})
    return found


def problems(use, series):
    selectors, labels = promql.read(use.expression)
    if not selectors:
        yield f"{use.where}: asks for no metric"
    seen = []
    for selector in selectors:
        of_name = series.get(selector.name, [])
        seen += of_name
        closed = promql.Selector(selector.name, [m for m in selector.matchers if m[0] not in AS_IT_COMES])
        if not of_name:
            yield f"{use.where}: no service exports {selector.name}"
        elif not any(closed.picks(one) for one in of_name):
            yield f"{use.where}: no series of {selector.name} has {closed.matchers}"
        for label, _, _ in selector.matchers:
            if of_name and not any(label in one for one in of_name):
                yield f"{use.where}: {selector.name} has no label {label}"
    for label in labels | use.shown:
        if seen and not any(label in one for one in seen):
            yield f"{use.where}: nothing that it asks for has a label {label}"


BROKEN = (
    ("sum(rate(callmill_event_total[5m]))", (), "no service exports callmill_event_total"),
    ("callmill_event_handler_seconds", (), "no service exports callmill_event_handler_seconds"),
    ("sum by (service) (callmill_consumer_lag)", (), "has a label service"),
    ('callmill_webhooks_total{result="applied"}', (), "callmill_webhooks_total has no label result"),
    ('callmill_webhooks_total{outcome="aplied"}', (), "no series of callmill_webhooks_total has"),
    ('callmill_ready{job="api-gatway"} == 0', (), "no series of callmill_ready has"),
    ("callmill_ready == 0", ("{{ $labels.pod }} is not ready",), "has a label pod"),
    ("rate(process_cpu_seconds_total[5m]) > on (job) callmill_redy", (), "no service exports callmill_redy"),
)


def nothing_escapes(series):
    for expression, texts, complaint in BROKEN:
        found = list(problems(promql.Use("broken", expression, texts), series))
        assert any(complaint in one for one in found), (expression, found)


def put_a_call_through(line):
    line.call(to=FORWARDED, wait=60)
    line.ended("stopped", 30)
    until("the report of the call", 60,
          lambda: line.one("SELECT count(*) FROM report WHERE state IN ('sent', 'skipped')") == 1, every=0.3)
    calls = http("GET", f"{line.api}/api/calls", headers=line.log_in())
    assert calls.status == 200 and len(calls.json) == 1, calls.text


PUBLISHED = 'callmill_outbox_published_total{topic="%s"}'
WAY = ("call.started", "call.ended", "recording.available", "call.recorded", "call.transcribed", "call.enriched",
       "call.todos-extracted", "call.reported", "live.ended")


def everything_is_counted_once(line):
    """Of one call each event of its way."""
    def told():
        seen = [line.metrics(job) for job in ALL]
        return {topic: sum(int(one.get(PUBLISHED % topic, 0)) for one in seen) for topic in WAY}
    until("each event published", 20, lambda: all(told().values()))
    assert set(told().values()) == {1}, told()


def oldest(line):
    """Of each service, in seconds."""
    return {job: max((int(value) for name, value in line.metrics(job).items()
                      if name.startswith("callmill_oldest_event_seconds")), default=None) for job in ALL}


def a_call_that_waits_is_seen_to_wait(line):
    until("nothing old", 20, lambda: not any(oldest(line).values()))
    speech_server.Handler.do_POST = lambda handler: handler.answer(503, {"error": {"message": "come again"}})
    line.call("--at-once", wait=60)

    def only_the_transcriber_s():
        old = {job: age for job, age in oldest(line).items() if age}
        return old.keys() == {"transcriber"} and old["transcriber"] >= 3
    until("the transcriber's event old, and no other", 40, only_the_transcriber_s)


def main():
    collector = Collector(free_port()).on()
    with ObjectStore() as store, Line("metrics", CAPTIONS="on", RETRY_ATTEMPTS="1000", RECORDINGS_URL=f"s3://{BUCKET}/kept",
                                      OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **store.environment) as line:
        line.start_all(ALL)
        put_a_call_through(line)
        series = series_of(line)
        nothing_escapes(series)
        uses = list(promql.uses())
        found = [problem for use in uses for problem in problems(use, series)]
        assert not found, "\n".join(found)
        everything_is_counted_once(line)
        a_call_that_waits_is_seen_to_wait(line)
        assert collector.spans and not collector.faults, collector.faults
        print(f"{len(uses)} queries, {len(series)} metrics, all there", flush=True)


if __name__ == "__main__":
    main()
