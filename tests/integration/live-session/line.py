"""An organization whose calls are held by live-session, with callsim at one end and, where a model talks, its
stand-in at the other."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import realtime_server  # noqa: E402
import speech_server  # noqa: E402
from stack import LIVE, Stack, http, spoken_call, until  # noqa: E402

NUMBER, FORWARDED = "+15559876543", "+15559876544"
KEY = "key-of-the-tests"
FAST = {"RETRY_BASE_MS": "100", "RETRY_CAP_MS": "1000", "SWEEP_INTERVAL_S": "2", "SWEEP_CALL_AFTER_S": "10",
        "SWEEP_RECORDING_AFTER_S": "10", "STREAM_SILENCE_MS": "8000", "HOLDER_BEAT_MS": "500", "HOLDER_LOST_MS": "10000"}
# A caller who speaks into the model's first words, and again after its answer.
TURNS = ("agent: One moment.", "caller: Sorry, I would like to know where my order is.",
         "agent: This is the time in which the model answers, and nobody speaks into it at all.",
         "caller: Thank you very much, goodbye.", "agent: Goodbye.")


class Line(Stack):
    """A Stack with one organization, two numbers of it, and calls with sound."""

    def __init__(self, name, **environment):
        super().__init__(name, **{**FAST, "SPEECH_ENGINE": "openai", "CAPTIONS": "off", **environment})
        self.stream_url = f"ws://127.0.0.1:{self.ports['live']}/twilio/stream"
        self.env.setdefault("STREAM_URL", self.stream_url)
        self.env.setdefault("SPEECH_URL", f"http://127.0.0.1:{self.ports['speech']}")
        self.model = None

    def with_model(self, dialect="ga", **environment):
        self.model = realtime_server.serve(self.ports["model"], dialect=dialect, key=KEY)
        self.env.update({"REALTIME_URL": f"ws://127.0.0.1:{self.ports['model']}/v1/realtime",
                         "REALTIME_API_KEY": KEY, "REALTIME_MODEL": "stand-in", **environment})
        return self.model

    def __enter__(self):
        super().__enter__()
        self.org = self.callmill("org", "add", "--name", "Office", "--report-to", "ada@example.com", "--json")["id"]
        self.callmill("user", "add", "--org", self.org, "--email", "ada@example.com", "--password-file", "-",
                      "--json", stdin="correct horse battery staple")
        self.callmill("number", "add", "--org", self.org, "--number", NUMBER, "--json")
        self.callmill("number", "add", "--org", self.org, "--number", FORWARDED, "--forward-to", "+15550001111",
                      "--json")
        self.speech = speech_server.serve(self.ports["speech"])
        self.audio = self.dir / "call.mp3"
        spoken_call(self.audio, *TURNS)
        return self

    def callsim(self, *options, to=NUMBER, audio=None, wait=0):
        return [self.bin / "callsim", "call" if "--calls" not in options else "load", "--ingest", self.ingest,
                "--public", self.ingest, "--listen", f"127.0.0.1:{self.ports['twilio']}", "--audio",
                audio or self.audio, "--to", to, "--wait", str(wait), *map(str, options)]

    def call(self, *options, seconds=120, **how):
        """Places a call and gives callsim's report of it when it is over."""
        done = subprocess.run(self.callsim(*options, **how), env=self.env, capture_output=True, text=True,
                              timeout=seconds)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)["calls"][0]

    def call_in_background(self, *options, **how):
        return subprocess.Popen(self.callsim(*options, **how), env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def sessions(self):
        return self.sql("""SELECT s.*, c.call_sid, c.status FROM live_session s JOIN call c ON c.id = s.call_id
            ORDER BY s.started_at""")

    def turns(self):
        return self.sql("SELECT * FROM live_turn ORDER BY session_id, position")

    def ended(self, reason, seconds=20):
        """Waits for the one session's end and gives its row."""
        (session,) = until("the session's end", seconds,
                           lambda: [s for s in self.sessions() if s["ended_at"]])
        assert session["reason"] == reason, session
        return session

    def log_in(self):
        body = {"email": "ada@example.com", "password": "correct horse battery staple"}
        return {"Authorization": "Bearer " + http("POST", f"{self.api}/api/session", body).json["token"]}
