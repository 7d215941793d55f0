"""A canned speech engine that speaks OpenAI's /v1/audio/transcriptions (verbose_json), for load: it hears
the same sentences (`words` of the server) in whatever it is given, at once; while `refuses` is set it answers 400. What it is really sent (a WAV part, the model, the
response format) is checked, so that the client's side of the protocol is tested too."""
import email.parser
import email.policy
import http.server
import json
import sys
import threading

WORDS = ((0.2, 1.9, "My name is Ada Lovelace from Acme Tools."), (2.1, 4.0, "I will send you the quote by Friday."))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
            b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        parts = {p.get_param("name", header="content-disposition"): p.get_payload(decode=True)
                 for p in form.iter_parts()}
        if self.path != "/v1/audio/transcriptions":
            return self.answer(404, {"error": {"message": f"no {self.path}"}})
        if parts.get("response_format") != b"verbose_json" or not parts.get("file", b"").startswith(b"RIFF"):
            return self.answer(400, {"error": {"message": f"wrong parts: {sorted(parts)}"}})
        if self.server.refuses:
            return self.answer(400, {"error": {"message": self.server.refuses}})
        self.server.heard += 1
        words = self.server.words
        self.answer(200, {"task": "transcribe", "language": "english", "duration": 4.2,
                          "text": " ".join(w for _, _, w in words),
                          "segments": [{"id": i, "start": s, "end": e, "text": " " + w, "avg_logprob": -0.2,
                                        "no_speech_prob": 0.01, "compression_ratio": 1.2}
                                       for i, (s, e, w) in enumerate(words)]})

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that was killed in the midst of a request is what these tests are about."""


def serve(port):
    server = Server(("127.0.0.1", port), Handler)
    server.heard, server.words, server.refuses = 0, WORDS, None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    serve(int(sys.argv[1]))
    threading.Event().wait()
