"""An OpenTelemetry collector's OTLP/HTTP receiver as its specification has it: what is no request by the published messages is
refused and kept as a fault. It can be away, and answer whatever it is told to."""
import base64
import collections
import contextlib
import gzip
import http.server
import json
import socket
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}  # bytes; in OTLP's JSON they are hexadecimal, in protobuf's base64
SpanSeen = collections.namedtuple("SpanSeen", "service kind name trace_id span_id parent_id start end fields failed why")


def with_base64_ids(value):
    if isinstance(value, list):
        return [with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: with_base64_ids(one) for name, one in value.items()}
    for name in IDS.keys() & found.keys():
        raw = bytes.fromhex(found[name])
        assert len(raw) == IDS[name] and any(raw) and found[name] == found[name].lower(), (name, found[name])
        found[name] = base64.b64encode(raw).decode()
    return found


def attributes(pairs):
    found = {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
    assert len(found) == len(pairs), f"an attribute stands there twice: {sorted(pair.key for pair in pairs)}"
    return found


def spans_of(request):
    for of_resource in request.resource_spans:
        resource = attributes(of_resource.resource.attributes)
        for scope in of_resource.scope_spans:
            for span in scope.spans:
                yield SpanSeen(resource["service.name"], Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"), span.name,
                               span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.start_time_unix_nano,
                               span.end_time_unix_nano, attributes(span.attributes), span.status.code == 2,
                               span.status.message)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        collector = self.server.collector
        try:
            request, text = self.read(body)
        except Exception as fault:  # whatever is wrong with it
            collector.faults.append(f"{type(fault).__name__}: {fault}")
            return self.answer(400)
        self.answer(collector.take(self.headers, request, text))

    def read(self, body):
        assert self.path == "/v1/traces", self.path
        assert self.headers["Content-Type"] == "application/json", self.headers["Content-Type"]
        encoding = self.headers.get("Content-Encoding", "identity")
        text = {"gzip": gzip.decompress, "identity": bytes}[encoding](body).decode()
        request = ExportTraceServiceRequest()
        json_format.ParseDict(with_base64_ids(json.loads(text)), request, ignore_unknown_fields=False)
        return request, text

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, collector):
        super().__init__(("127.0.0.1", port), Handler)
        self.collector, self.connections = collector, []

    def get_request(self):
        connection, peer = super().get_request()
        self.connections.append(connection)
        return connection, peer

    def server_close(self):
        super().server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # it ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_):
        pass  # a connection that was ended in the midst of a request


class Collector:
    def __init__(self, port):
        self.port, self.server, self.status = port, None, 200
        self.lock = threading.Lock()
        self.faults, self.spans, self.resources, self.texts, self.headers = [], [], [], [], []
        self.turned_away = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def on(self):
        self.server = Server(self.port, self)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def off(self):
        """From here on connections are refused, and those that were there are ended."""
        self.server.shutdown()
        self.server.server_close()

    def take(self, headers, request, text):
        with self.lock:
            if self.status != 200:
                self.turned_away += 1
                return self.status
            self.headers.append(dict(headers))
            self.texts.append(text)
            self.resources += [attributes(one.resource.attributes) for one in request.resource_spans]
            self.spans += spans_of(request)
            return 200

    def of_trace(self, trace_id):
        with self.lock:
            return [span for span in self.spans if span.trace_id == trace_id]
