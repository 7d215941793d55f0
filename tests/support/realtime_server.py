"""A realtime voice model's stand-in that speaks OpenAI's Realtime protocol over WebSocket, in both dialects, and says
what a test has it say.

    model = realtime_server.serve(port, dialect="ga")
    model.replies = [Say("Hello, how can I help you?"), Call("end_call", {}), ...]   # one a response, in order
    model.heard = ["I'd like to order a lamp.", ...]                  # what the caller's turns are written down as
    model.sessions[0].truncated                                       # [(item id, audio_end_ms, length_ms)]

It listens as such servers do: an energy threshold finds the caller's turns in the sound that is appended, a turn's end
makes a response, a turn's beginning cancels one. Audio is made faster than real time. What a real server refuses is
refused here: unknown fields, an audio_end_ms beyond the item, a second response at a time."""
import base64
import dataclasses
import itertools
import json
import math
import struct
import threading
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve as websocket_serve

CHUNK_MS, QUIET_MS, LOUD_MS = 100, 500, 60


@dataclasses.dataclass
class Say:
    text: str
    ms: int = None  # of audio; None: as long as it takes to say


@dataclasses.dataclass
class Call:
    name: str
    arguments: dict
    before: str = None  # said first


def mulaw_to_linear(byte):
    byte = ~byte & 0xFF
    magnitude = ((byte & 0x0F) << 3) + 0x84 << ((byte & 0x70) >> 4)
    return (0x84 - magnitude) if byte & 0x80 else (magnitude - 0x84)


def linear_to_mulaw(sample):
    sign, sample = (0x80, -sample) if sample < 0 else (0, sample)
    sample = min(sample, 32635) + 0x84
    exponent = max(e for e in range(8) if e == 0 or sample & (0x80 << e))
    return ~(sign | exponent << 4 | (sample >> (exponent + 3)) & 0x0F) & 0xFF


LINEAR = [mulaw_to_linear(byte) for byte in range(256)]
TONE = bytes(linear_to_mulaw(int(6000 * math.sin(2 * math.pi * 440 * n / 8000))) for n in range(800))  # 100 ms
GA_SESSION = {"type", "model", "output_modalities", "instructions", "audio", "tools", "tool_choice", "max_output_tokens"}
BETA_SESSION = {"modalities", "instructions", "voice", "input_audio_format", "output_audio_format",
                "input_audio_transcription", "turn_detection", "tools", "tool_choice", "max_response_output_tokens",
                "temperature"}


class Refused(Exception):
    def __init__(self, message, code="invalid_value", param=None):
        super().__init__(message)
        self.code, self.param = code, param


class Session:
    """One connection: one call."""

    def __init__(self, server, socket):
        self.server, self.socket = server, socket
        self.ga = server.dialect == "ga"
        self.lock = threading.RLock()
        self.ids = itertools.count(1)
        self.asked = []  # every event that came, but for the sound
        self.heard_ms = 0  # sound that was appended
        self.format_in = self.format_out = None
        self.configured = False
        self.items = {}  # assistant's item id: milliseconds of its audio
        self.truncated = []
        self.response = None  # the id of the one that is being made
        self.cancelled = set()
        self.loud_ms = self.quiet_ms = 0
        self.speaking = False
        self.speech = None  # (item id, start)
        self.closed = False

    def id(self, kind):
        return f"{kind}_{next(self.ids):06d}"

    def send(self, kind, **fields):
        with self.lock:
            self.socket.send(json.dumps({"type": kind, "event_id": self.id("event"), **fields}))

    # -- the beginning -------------------------------------------------------------------------------

    def shape(self):
        expires = int(time.time()) + self.server.expires_s
        if self.ga:
            return {"type": "realtime", "object": "realtime.session", "id": self.id("sess"), "model": "stand-in",
                    "expires_at": expires,
                    "audio": {"input": {"format": self.format_in}, "output": {"format": self.format_out}}}
        return {"object": "realtime.session", "id": self.id("sess"), "model": "stand-in", "expires_at": expires,
                "modalities": ["text", "audio"], "input_audio_format": self.format_in,
                "output_audio_format": self.format_out}

    def configure(self, session):
        known = GA_SESSION if self.ga else BETA_SESSION
        for name in session:
            if name not in known:
                raise Refused(f"Unknown parameter: 'session.{name}'.", "unknown_parameter", f"session.{name}")
        if self.ga:
            if session.get("type") != "realtime":
                raise Refused("Missing required parameter: 'session.type'.", "missing_required_parameter",
                              "session.type")
            audio = session.get("audio", {})
            self.format_in = audio.get("input", {}).get("format", self.format_in)
            self.format_out = audio.get("output", {}).get("format", self.format_out)
            for given in (self.format_in, self.format_out):
                if given["type"] not in ("audio/pcmu", "audio/pcma", "audio/pcm"):
                    raise Refused(f"Invalid value: '{given}'.")
        else:
            self.format_in = session.get("input_audio_format", self.format_in)
            self.format_out = session.get("output_audio_format", self.format_out)
            for given in (self.format_in, self.format_out):
                if given not in ("g711_ulaw", "g711_alaw", "pcm16"):
                    raise Refused(f"Invalid value: '{given}'.")
        self.configuration = session
        self.configured = True
        self.send("session.updated", session=self.shape())

    def is_mulaw(self, given):
        return given == "g711_ulaw" or (isinstance(given, dict) and given["type"] == "audio/pcmu")

    def rate(self, given):
        return 8000 if self.is_mulaw(given) else (given.get("rate", 24000) if isinstance(given, dict) else 24000)

    # -- listening -----------------------------------------------------------------------------------

    def append(self, payload):
        if not self.configured:
            raise Refused("audio before session.update would be taken for pcm16")
        data = base64.b64decode(payload, validate=True)
        if self.is_mulaw(self.format_in):
            samples = [LINEAR[byte] for byte in data]
        else:
            samples = struct.unpack(f"<{len(data) // 2}h", data)
        ms = len(samples) * 1000 / self.rate(self.format_in)
        self.server.frames += 1
        loud = samples and sum(map(abs, samples)) / len(samples) > 300
        self.listen(ms, loud)

    def listen(self, ms, loud):
        self.heard_ms += ms
        self.loud_ms, self.quiet_ms = (self.loud_ms + ms, 0) if loud else (0, self.quiet_ms + ms)
        if not self.speaking and self.loud_ms >= LOUD_MS:
            self.begin_turn()
        elif self.speaking and self.quiet_ms >= QUIET_MS:
            self.end_turn()

    def begin_turn(self):
        self.speaking = True
        self.speech = self.id("item")
        self.send("input_audio_buffer.speech_started", audio_start_ms=int(max(0, self.heard_ms - self.loud_ms)),
                  item_id=self.speech)
        if self.response:
            self.cancelled.add(self.response)

    def end_turn(self):
        self.speaking = False
        item = self.speech
        self.send("input_audio_buffer.speech_stopped", audio_end_ms=int(self.heard_ms - self.quiet_ms), item_id=item)
        self.send("input_audio_buffer.committed", item_id=item, previous_item_id=None)
        self.item_added({"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio"}]})
        text = self.server.heard.pop(0) if self.server.heard else "Yes."
        self.send("conversation.item.input_audio_transcription.delta", item_id=item, content_index=0, delta=text)
        self.send("conversation.item.input_audio_transcription.completed", item_id=item, content_index=0,
                  transcript=text)
        self.respond()

    def item_added(self, item):
        self.send("conversation.item.added" if self.ga else "conversation.item.created", item=item)

    # -- talking -------------------------------------------------------------------------------------

    def respond(self):
        if self.response:
            raise Refused("Conversation already has an active response", "conversation_already_has_active_response")
        if not self.server.replies:
            return
        self.response = self.id("resp")
        threading.Thread(target=self.make, args=(self.response, self.server.replies.pop(0)), daemon=True).start()

    def make(self, response, reply):
        try:
            self.send("response.created", response={"id": response, "status": "in_progress"})
            if isinstance(reply, Call):
                status = self.say(response, Say(reply.before)) if reply.before else "completed"
                if status == "completed":
                    self.call(response, reply)
            else:
                status = self.say(response, reply)
            self.response = None
            self.send("response.done", response={"id": response, "status": status, "output": []})
        except ConnectionClosed:
            pass

    def call(self, response, call):
        item, call_id, arguments = self.id("item"), self.id("call"), json.dumps(call.arguments)
        self.send("response.output_item.added", response_id=response, output_index=0,
                  item={"id": item, "type": "function_call", "name": call.name, "call_id": call_id, "arguments": ""})
        self.send("response.function_call_arguments.delta", response_id=response, item_id=item, call_id=call_id,
                  output_index=0, delta=arguments)
        self.send("response.function_call_arguments.done", response_id=response, item_id=item, call_id=call_id,
                  output_index=0, name=call.name, arguments=arguments)
        self.send("response.output_item.done", response_id=response, output_index=0,
                  item={"id": item, "type": "function_call", "name": call.name, "call_id": call_id,
                        "arguments": arguments})

    def audio(self, ms):
        mulaw = (TONE * (ms // 100 + 1))[:ms * 8]
        if self.is_mulaw(self.format_out):
            return mulaw
        step = self.rate(self.format_out) // 8000
        return b"".join(struct.pack("<h", LINEAR[byte]) * step for byte in mulaw)

    def say(self, response, say):
        item, total = self.id("item"), say.ms or 60 * len(say.text)
        place = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        names = ("output_audio", "output_audio_transcript") if self.ga else ("audio", "audio_transcript")
        self.send("response.output_item.added", response_id=response, output_index=0,
                  item={"id": item, "type": "message", "role": "assistant", "content": []})
        self.item_added({"id": item, "type": "message", "role": "assistant", "content": []})
        self.items[item] = 0
        words, said = say.text.split(" "), 0
        for at in range(0, total, CHUNK_MS):
            if response in self.cancelled or self.closed:
                return "cancelled"
            part = min(CHUNK_MS, total - at)
            due = math.ceil(len(words) * (at + part) / total)
            if due > said:
                self.send(f"response.{names[1]}.delta", **place, delta=(" " if said else "") + " ".join(words[said:due]))
                said = due
            self.items[item] += part
            self.send(f"response.{names[0]}.delta", **place, delta=base64.b64encode(self.audio(part)).decode())
            time.sleep(part / 1000 / self.server.faster)
        self.send(f"response.{names[0]}.done", **place)
        self.send(f"response.{names[1]}.done", **place, transcript=say.text)
        self.send("response.output_item.done", response_id=response, output_index=0,
                  item={"id": item, "type": "message", "role": "assistant", "content": []})
        return "completed"

    def truncate(self, event):
        length, wanted = self.items.get(event["item_id"]), event["audio_end_ms"]
        if length is None:
            raise Refused(f"Item '{event['item_id']}' does not exist.")
        if wanted > length:
            raise Refused(f"Audio content of {length}ms is already shorter than {wanted}ms")
        self.truncated.append((event["item_id"], wanted, length))
        self.send("conversation.item.truncated", item_id=event["item_id"], content_index=0, audio_end_ms=wanted)

    # -- events --------------------------------------------------------------------------------------

    def take(self, event):
        kind = event["type"]
        if kind == "input_audio_buffer.append":
            return self.append(event["audio"])
        self.asked.append(event)
        if kind == "session.update":
            return self.configure(event["session"])
        if kind == "response.create":
            return self.respond()
        if kind == "response.cancel":
            if not self.response:
                raise Refused("Cancellation failed: no active response found", "response_cancel_not_active")
            return self.cancelled.add(self.response)
        if kind == "conversation.item.truncate":
            return self.truncate(event)
        if kind == "conversation.item.create":
            return self.item_added({**event["item"], "id": self.id("item")})
        raise Refused(f"Invalid value: '{kind}'.", param="type")

    def run(self):
        self.format_in = self.format_out = {"type": "audio/pcm", "rate": 24000} if self.ga else "pcm16"
        self.send("session.created", session=self.shape())
        for message in self.socket:
            event = json.loads(message)
            try:
                self.take(event)
            except Refused as refused:
                self.send("error", error={"type": "invalid_request_error", "code": refused.code,
                                          "message": str(refused), "param": refused.param,
                                          "event_id": event.get("event_id")})


class Server:
    def __init__(self, port, dialect, key):
        self.dialect, self.key = dialect, key
        self.replies, self.heard, self.sessions = [], [], []
        self.frames, self.expires_s, self.faster = 0, 3600, 5
        self.refused = []  # why upgrades were refused
        self.listener = websocket_serve(self.handle, "127.0.0.1", port, process_request=self.admit,
                                        compression=None, max_size=1 << 22)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def admit(self, connection, request):
        given = request.headers.get("Authorization")
        if self.key and given != f"Bearer {self.key}":
            self.refused.append(given)
            return connection.respond(401, "no\n")
        if self.dialect == "ga" and "OpenAI-Beta" in request.headers:
            return connection.respond(400, "the beta is switched off\n")
        return None

    def handle(self, socket):
        session = Session(self, socket)
        self.sessions.append(session)
        try:
            session.run()
        except ConnectionClosed:
            pass
        finally:
            session.closed = True

    def stop(self):
        self.listener.shutdown()


def serve(port, dialect="ga", key=None):
    return Server(port, dialect, key)
