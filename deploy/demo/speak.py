#!/usr/bin/env python3
"""Speaks a demo script into a dual-channel WAV, as Twilio records a call: caller left, agent right.

    speak.py SCRIPT OUT.wav

Each line of SCRIPT is "caller: words" or "agent: words"; a line that begins with # is a comment.
Needs flite with its voices rms and slt.
"""
import array
import subprocess
import sys
import tempfile
import wave

VOICES = {"caller": ("rms", 0), "agent": ("slt", 1)}
PAUSE_S = 0.7  # between turns: what people leave, and enough to tell them apart


def turns(path):
    with open(path, encoding="utf-8") as script:
        for number, line in enumerate(script, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            who, colon, words = line.partition(":")
            if not colon or who not in VOICES:
                raise SystemExit(f"{path}:{number}: want 'caller: ...' or 'agent: ...'")
            yield who, words.strip()


def spoken(voice, words):
    """-> (rate, 16-bit mono samples)"""
    with tempfile.NamedTemporaryFile(suffix=".wav") as out:
        subprocess.run(["flite", "-voice", voice, "-t", words, "-o", out.name], check=True)
        with wave.open(out.name) as sound:
            return sound.getframerate(), array.array("h", sound.readframes(sound.getnframes()))


def main(script, out):
    stereo, rate = array.array("h"), None
    for who, words in turns(script):
        voice, channel = VOICES[who]
        voice_rate, mono = spoken(voice, words)
        if rate not in (None, voice_rate):
            raise SystemExit(f"voice {voice} has {voice_rate} Hz, the one before it {rate} Hz")
        rate = voice_rate
        turn = array.array("h", bytes(4 * (len(mono) + int(PAUSE_S * rate))))
        turn[channel:2 * len(mono):2] = mono
        stereo.extend(turn)
    if rate is None:
        raise SystemExit(f"{script}: nobody says anything")
    with wave.open(out, "wb") as sound:
        sound.setparams((2, 2, rate, 0, "NONE", ""))
        sound.writeframes(stereo.tobytes())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2])
