"""What is not taken: upgrades that nobody signed, streams without the right, sockets that never begin, and nonsense. The
client is another WebSocket library than the service's.

    tests/integration/live-session/refusals_test.py STORY     (tests/run sets the rest)
"""
import base64
import hashlib
import hmac
import itertools
import json
import os
import socket
import sys
import threading
import time
import urllib.parse

from line import LIVE, NUMBER, Line, until
from stack import http
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

ACCOUNT = "AC" + "0" * 31 + "1"


def signature(url, token="token-of-the-tests"):
    return base64.b64encode(hmac.new(token.encode(), url.encode(), hashlib.sha1).digest()).decode()


def dial(line, signed=None, path="", token="token-of-the-tests", **headers):
    signed = signed or line.env["STREAM_URL"]
    return connect(line.stream_url + path, additional_headers={"X-Twilio-Signature": signature(signed, token), **headers},
                   proxy=None, compression=None, open_timeout=60)


def start(sid="CA" + "1" * 32, stream="MZ" + "1" * 32, account=ACCOUNT, **parameters):
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": {
        "accountSid": account, "streamSid": stream, "callSid": sid, "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": parameters}})


def media(chunk):
    payload = base64.b64encode(b"\xff" * 160).decode()
    return json.dumps({"event": "media", "sequenceNumber": str(chunk + 1), "streamSid": "MZ" + "1" * 32, "media": {
        "track": "inbound", "chunk": str(chunk), "timestamp": str(20 * chunk), "payload": payload}})


def status_of(line, **how):
    try:
        dial(line, **how).close()
        return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def code_of(connection, seconds=60):
    """The code with which the service closes."""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            connection.recv(timeout=deadline - time.monotonic())
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    raise AssertionError("the service did not close")


def webhook(line, sid):
    """The voice webhook of a call; gives the token in its TwiML."""
    fields = {"AccountSid": ACCOUNT, "CallSid": sid, "From": "+15551234567", "To": NUMBER, "CallStatus": "ringing",
              "Direction": "inbound", "ApiVersion": "2010-04-01"}
    url = f"{line.ingest}/twilio/voice"
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    answer = http("POST", url, urllib.parse.urlencode(fields).encode(), {
        "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature(signed)})
    assert answer.status == 200, answer.text
    return answer.text.split('name="tok" value="')[1].split('"')[0]


def upgrades_are_signed_with_the_wss_url():
    with Line("signed", STREAM_URL="wss://calls.example.com/twilio/stream") as line:
        line.start_all((LIVE,))
        good = "wss://calls.example.com/twilio/stream"
        assert [status_of(line, signed=url) for url in (good, good + "/", good.replace(".com/", ".com:443/"))] == [101] * 3
        assert status_of(line, signed=good.replace("calls", "voice")) == 403
        assert status_of(line, signed=good, token="another") == 403
        assert status_of(line, signed=good + "?a=1") == 403
        assert status_of(line, signed=good, path="/elsewhere") == 404
        with socket.create_connection(("127.0.0.1", line.ports["live"])) as plain:
            plain.sendall(b"GET /twilio/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            assert plain.recv(4096).split()[1] in (b"400", b"426")


def a_stream_needs_its_calls_token_once():
    with Line("tokens") as line:
        line.start_all(("call-ingest", LIVE))
        sid, other = "CA" + "1" * 32, "CA" + "2" * 32
        for parameters in ({}, {"tok": "guessed"}, {"from": "+15551234567", "to": NUMBER}):
            connection = dial(line)
            connection.send(start(sid, **parameters))
            assert code_of(connection) == 1008, parameters
        token = webhook(line, sid)
        connection = dial(line)
        connection.send(start(other, tok=token))
        assert code_of(connection) == 1008, "the token of another call was taken"
        connection = dial(line)
        connection.send(start(sid, account="AC" + "2" * 32, tok=token))
        assert code_of(connection) == 1008, "a stream of another account was taken"

        first = dial(line)
        first.send(start(sid, tok=token))
        until("the session", 10, lambda: line.sessions())
        again = dial(line)
        again.send(start(sid, stream="MZ" + "2" * 32, tok=token))
        assert code_of(again) == 1008, "a token was taken twice"
        second = dial(line)
        second.send(start(sid, stream="MZ" + "3" * 32, tok=webhook(line, sid)))
        assert code_of(second) == 1008, "a second stream of the call was taken"
        first.close()
        line.ended("closed")
        assert line.one("SELECT status FROM call") == "in-progress"


def a_stream_of_twiml_of_ones_own_makes_its_call():
    with Line("own", STREAM_TOKEN_REQUIRED="false") as line:
        line.start_all((LIVE,))
        unknown = dial(line)
        unknown.send(start(to="+15550009999", **{"from": "+15551234567"}))
        assert code_of(unknown) == 1008
        with dial(line) as connection:
            connection.send(start(to=NUMBER, **{"from": "+15551234567"}))
            (call,) = until("the call", 10, lambda: line.sql("SELECT call_sid, status, from_to_number FROM call"))
            assert call["status"] == "in-progress" and call["from_to_number"] == f"+15551234567 -> {NUMBER}", call
            assert line.one("SELECT count(*) FROM call_status WHERE source = 'stream'") == 1


def frame(opcode, payload, masked=True, fin=True):
    head = bytes([(0x80 if fin else 0) | opcode])
    mask = os.urandom(4)
    flag = 0x80 if masked else 0
    length = bytes([flag | len(payload)]) if len(payload) < 126 else bytes([flag | 126]) + len(payload).to_bytes(2, "big") \
        if len(payload) < 65536 else bytes([flag | 127]) + len(payload).to_bytes(8, "big")
    body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if masked else payload
    return head + length + (mask if masked else b"") + body


def raw(line):
    """An open connection without a library behind it."""
    link = socket.create_connection(("127.0.0.1", line.ports["live"]), timeout=60)
    link.sendall((f"GET /twilio/stream HTTP/1.1\r\nHost: 127.0.0.1:{line.ports['live']}\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  f"X-Twilio-Signature: {signature(line.env['STREAM_URL'])}\r\n\r\n").encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += link.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return link


def closing_code(link):
    data = b""
    try:
        while part := link.recv(4096):
            data += part
    except ConnectionResetError:
        pass  # we do not answer its close frame, so it does not wait for long
    assert data[:1] == b"\x88", data
    return int.from_bytes(data[2:4], "big")


class Talker(threading.Thread):
    """Somebody who talks all the while."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection, self.over = connection, threading.Event()

    def run(self):
        for chunk in itertools.count(1):
            if self.over.wait(0.1):
                return
            self.connection.send(media(chunk))


def nonsense_disturbs_nobody_else():
    with Line("nonsense", STREAM_START_MS="3000") as line:
        line.start_all(("call-ingest", LIVE))
        sid = "CA" + "1" * 32
        good = dial(line)
        good.send(start(sid, tok=webhook(line, sid)))
        until("the session", 10, lambda: line.sessions())
        talker = Talker(good)
        talker.start()

        for bad, code in ((frame(2, b"binary"), 1003), (frame(1, b"x" * 70000), 1009), (frame(1, b"{}", masked=False), 1002),
                          (frame(3, b""), 1002), (frame(1, b"\xff\xfe"), 1007), (frame(9, b"p" * 200), 1002)):
            link = raw(line)
            link.sendall(bad)
            assert closing_code(link) == code, (bad[:10], code)
        for text in ("no JSON", "[]", '{"event":"media"}', '{"event":"start","start":{"callSid":"../../etc"}}'):
            connection = dial(line)
            connection.send(text)
            assert code_of(connection) == 1008, text

        idle = [raw(line) for _ in range(500)]
        before = time.monotonic()
        assert good.ping().wait(20), "the stream was disturbed by idle sockets"
        print(f"a ping beside 500 idle sockets took {(time.monotonic() - before) * 1000:.1f} ms", flush=True)
        assert {closing_code(link) for link in idle} == {1000}, "sockets that never began were kept"
        (session,) = line.sessions()
        assert talker.is_alive() and session["ended_at"] is None, session
        talker.over.set()
        talker.join(5)
        good.close()


STORIES = [upgrades_are_signed_with_the_wss_url, a_stream_needs_its_calls_token_once,
           a_stream_of_twiml_of_ones_own_makes_its_call, nonsense_disturbs_nobody_else]

if __name__ == "__main__":
    next(s for s in STORIES if s.__name__ == sys.argv[1])()
