"""hearing_test.py LISTEN: the demo call, spoken by flite's voices, is written down while it comes in as mu-law frames, turn
by turn and in time; silence, noise and ringing are not. Prints the figures as JSON."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

LISTEN = sys.argv[1]
ROOT = pathlib.Path(__file__).parents[3]
SCRIPT = ROOT / "deploy/demo/script.txt"
WER_MAX = 10  # percent
WER_MAX_CUT = 30  # where nobody waits for a pause: words are cut in two
CLOSE_MS = 150  # how far a turn may be from its voice

LINE = "highpass=f=300:p=2,lowpass=f=3400"  # what a telephone line carries
SOUNDS = {
    "silence": "anullsrc=r=8000:cl=mono",
    "white noise": "anoisesrc=c=white:a=0.05:r=8000:seed=1",
    "pink noise": "anoisesrc=c=pink:a=0.1:r=8000:seed=1",
    "ringing": "aevalsrc='0.2*(sin(2*PI*440*t)+sin(2*PI*480*t))*lt(mod(t,6),2)':s=8000",
}


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, args)], check=True)


def listen(*paths, **settings):
    """-> (the turns as they came, the figures)"""
    done = subprocess.run([LISTEN, *paths], env={**os.environ, "CAPTIONS_QUEUE_MAX": "1000", **settings},
                          capture_output=True, text=True)
    assert done.returncode == 0, f"{paths}: {done.stderr}"
    turns = []
    for line in done.stdout.splitlines():
        who, start, end, text = line.split(" ", 3)
        turns.append({"who": who, "start": int(start), "end": int(end), "text": text})
    return turns, json.loads(done.stderr.splitlines()[-1])


def spoken_call(folder):
    """-> the two sides as mu-law"""
    wav = folder / "call.wav"
    subprocess.run([ROOT / "deploy/demo/speak.py", SCRIPT, wav], check=True)
    sides = []
    for channel, who in enumerate(("caller", "agent")):
        sides.append(folder / f"{who}.ulaw")
        ffmpeg("-i", wav, "-af", f"pan=mono|c0=c{channel}", "-ar", 8000, "-f", "mulaw", sides[-1])
    return sides


def voices(path):
    """-> [(start, end)] in ms of where a side is not silent, pauses below half a second left out"""
    silent = {0xFF, 0x7F, 0xFE, 0x7E}
    found = []
    sound = path.read_bytes()
    for at in range(0, len(sound), 160):
        if sum(byte not in silent for byte in sound[at:at + 160]) > 40:
            ms = at // 8
            if found and ms - found[-1][1] < 500:
                found[-1][1] = ms + 20
            else:
                found.append([ms, ms + 20])
    return found


def script_turns():
    lines = [line.strip() for line in SCRIPT.read_text().splitlines() if line.strip() and line[0] != "#"]
    return [line.split(":")[0] for line in lines]


def word_error_rate(turns, folder):
    transcript = folder / "transcript.txt"
    transcript.write_text("".join(f"{turn['who']}: {turn['text']}\n" for turn in turns))
    done = subprocess.run([ROOT / "deploy/demo/wer.py", SCRIPT, transcript], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.rsplit("word error rate: ", 1)[1].split(" %")[0])


def written_down(turns):
    return "\n".join(f"{turn['start']:6} {turn['end']:6} {turn['who']}: {turn['text']}" for turn in turns)


def speakers(turns):
    """-> who spoke, neighbours of one speaker joined"""
    who = [turn["who"] for turn in turns]
    return [name for i, name in enumerate(who) if i == 0 or name != who[i - 1]]


def turns_have_the_times_of_their_voices(turns, sides):
    for who, path in zip(("caller", "agent"), sides):
        for turn in (turn for turn in turns if turn["who"] == who):
            near = [voice for voice in voices(path)
                    if turn["start"] >= voice[0] - CLOSE_MS and turn["end"] <= voice[1] + CLOSE_MS]
            assert near, f"nobody speaks from {turn['start']} to {turn['end']}: {turn}\n{voices(path)}"


def the_demo_call_is_written_down(folder, sides):
    figures = {}
    for name, settings in (("silero", {}), ("energy gate", {"VAD_MODEL": "", "CAPTIONS_JOBS": "2"})):
        came, took = listen(*sides, **settings)
        assert took["dropped"] == 0, took
        for who in ("caller", "agent"):
            starts = [turn["start"] for turn in came if turn["who"] == who]
            assert starts == sorted(starts), f"{name}: turns of the {who} came out of order:\n{written_down(came)}"
        turns = sorted(came, key=lambda turn: turn["start"])
        assert speakers(turns) == script_turns(), f"{name}: turns are mixed up:\n{written_down(turns)}"
        turns_have_the_times_of_their_voices(turns, sides)
        rate = word_error_rate(turns, folder)
        assert rate <= WER_MAX, f"{name}: {rate} % of the words are wrong:\n{written_down(turns)}"
        figures[name] = {"wer_percent": rate, "turns": len(turns), "windows": took["windows"],
                         "seconds": took["took_ms"] / 1000, "cpu_seconds": took["cpu_ms"] / 1000,
                         "sound_seconds": took["sound_ms"] / 1000,
                         "rss_mb": took["rss_kb"] // 1024}
    return figures


def who_speaks_on_is_written_down_all_the_same(folder, sides):
    turns, took = listen(*sides, CAPTIONS_WINDOW_MS="3000", CAPTIONS_PAUSE_MS="2000")
    assert took["windows"] > took["sound_ms"] // 2 // 3000, took
    rate = word_error_rate(sorted(turns, key=lambda turn: turn["start"]), folder)
    assert rate <= WER_MAX_CUT, f"{rate} % of the words are wrong:\n{written_down(turns)}"
    return {"wer_percent": rate, "windows": took["windows"]}


def nothing_is_written_where_nobody_speaks(folder):
    for name, source in SOUNDS.items():
        path = folder / "sound.ulaw"
        ffmpeg("-f", "lavfi", "-i", source, "-t", 20, "-af", LINE, "-ar", 8000, "-f", "mulaw", path)
        for vad in ({}, {"VAD_MODEL": ""}):
            turns, _ = listen(path, **vad)
            assert turns == [], f"{name} was written down as: {written_down(turns)}"


def main():
    with tempfile.TemporaryDirectory(prefix="callmill-captions-") as name:
        folder = pathlib.Path(name)
        sides = spoken_call(folder)
        figures = the_demo_call_is_written_down(folder, sides)
        figures["cut without a pause"] = who_speaks_on_is_written_down_all_the_same(folder, sides)
        nothing_is_written_where_nobody_speaks(folder)
        print(json.dumps(figures))


main()
