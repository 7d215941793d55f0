"""speech_test.py HEAR: the demo call, spoken by flite's voices and encoded like a recording of Twilio's, is
understood; silence, noise and ringing are not. Prints the figures as JSON."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HEAR = sys.argv[1]
ROOT = pathlib.Path(__file__).parents[3]
SCRIPT = ROOT / "deploy/demo/script.txt"
WER_MAX = 10  # percent

SOUNDS = {
    "silence": "anullsrc=r=8000:cl=stereo",
    "white noise": "anoisesrc=c=white:a=0.05:r=8000",
    "pink noise": "anoisesrc=c=pink:a=0.1:r=8000",
    "ringing": "aevalsrc='0.2*(sin(2*PI*440*t)+sin(2*PI*480*t))*lt(mod(t,6),2)':s=8000",
}


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, args)], check=True)


def hear(path, **environment):
    """-> (what was heard, the figures)"""
    done = subprocess.run([HEAR, path], env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, f"{path}: {done.stderr}"
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


def word_error_rate(text, folder, script=SCRIPT):
    transcript = folder / "transcript.txt"
    transcript.write_text(text)
    done = subprocess.run([ROOT / "deploy/demo/wer.py", script, transcript], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.rsplit("word error rate: ", 1)[1].split(" %")[0])


def the_demo_call_is_understood(folder):
    call = folder / "call.mp3"
    subprocess.run([ROOT / "deploy/demo/make", SCRIPT, call], check=True)
    figures = {}
    for name, environment in (("silero", {}), ("energy gate", {"VAD_MODEL": ""}), ("one job", {"SPEECH_JOBS": "1"})):
        text, took = hear(call, **environment)
        rate = word_error_rate(text, folder)
        assert rate <= WER_MAX, f"{name}: {rate} % of the words are wrong:\n{text}"
        said = [line.split(":")[0].lower() for line in SCRIPT.read_text().splitlines() if line[:1] not in "#"]
        assert [line.split(":")[0].lower() for line in text.splitlines()] == said, f"turns are mixed up:\n{text}"
        figures[name] = {"wer_percent": rate, "seconds": took["took_ms"] / 1000, "cpu_seconds": took["cpu_ms"] / 1000,
                         "sound_seconds": took["sound_ms"] / 1000, "rss_mb": took["rss_kb"] // 1024}
    return figures


def a_mono_call_is_understood_as_one_speaker(folder):
    mono = folder / "mono.mp3"
    ffmpeg("-i", folder / "call.mp3", "-ac", 1, "-b:a", "32k", mono)
    text, took = hear(mono)
    assert took["channels"] == 1
    assert text.startswith("Caller: ") and "Agent: " not in text, text
    words = "caller: " + " ".join(line.split(":", 1)[1] for line in SCRIPT.read_text().splitlines()
                                  if line[:1] not in "#")
    (folder / "mono.txt").write_text(words)
    rate = word_error_rate(text, folder, folder / "mono.txt")
    assert rate <= WER_MAX, f"{rate} %:\n{text}"
    return {"wer_percent": rate}


def a_call_cut_short_is_understood_as_far_as_it_goes(folder):
    cut = folder / "cut.mp3"
    whole = (folder / "call.mp3").read_bytes()
    cut.write_bytes(whole[:len(whole) // 3])
    text, took = hear(cut)
    assert took["cut"] and "Peter" in text and "Goodbye" not in text, text


def nothing_is_heard_where_nobody_speaks(folder):
    for name, source in SOUNDS.items():
        path = folder / "sound.mp3"
        ffmpeg("-f", "lavfi", "-i", source, "-t", 30, "-b:a", "32k", path)
        for vad in ({}, {"VAD_MODEL": ""}):
            text, _ = hear(path, **vad)
            assert text == "", f"{name} was heard as: {text}"


def main():
    with tempfile.TemporaryDirectory(prefix="callmill-speech-") as name:
        folder = pathlib.Path(name)
        figures = the_demo_call_is_understood(folder)
        figures["mono"] = a_mono_call_is_understood_as_one_speaker(folder)
        a_call_cut_short_is_understood_as_far_as_it_goes(folder)
        nothing_is_heard_where_nobody_speaks(folder)
        print(json.dumps(figures))


main()
