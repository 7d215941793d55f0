"""A language model's stand-in that speaks OpenAI's /v1/chat/completions and says what a test has it say.

    model = chat_server.serve(port)
    model.say = lambda request: "It was about the offer."        # the analysis' text
    model.say = lambda request: Refusal(429, retry_after="7")
    model.asked                                                  # every request's JSON, in order

`say` runs in the request's own thread, so it may wait for something of the test's."""
import dataclasses
import http.server
import json
import threading


@dataclasses.dataclass
class Refusal:
    status: int
    message: str = "no"
    retry_after: str = None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions" or "response_format" not in request:
            return self.answer(404, {"error": {"message": f"no {self.path}"}})
        self.server.asked.append(request)
        said = self.server.say(request)
        if isinstance(said, Refusal):
            return self.answer(said.status, {"error": {"message": said.message}}, said.retry_after)
        content = json.dumps({"text": said})
        self.answer(200, {"choices": [{"finish_reason": "stop", "message": {"content": content, "refusal": None}}]})

    def answer(self, status, value, retry_after=None):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that gave up waiting is what these tests are about."""


def serve(port):
    server = Server(("127.0.0.1", port), Handler)
    server.asked, server.say = [], lambda request: "Nothing to say."
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
