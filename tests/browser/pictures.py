"""pictures.py FOLDER - draws every page with the demo's data, for docs/pages.md and the README.

    deploy/servers start; set -a; . <(deploy/servers env); set +a
    export CALLMILL_BIN=$PWD/build/dev/bin PYTHONPATH=$(echo ~/.cache/callmill/python-*)
    python3 tests/browser/pictures.py docs/pictures

The calls are spoken by the demo's voices and heard by whisper, so that what is shown is what a newcomer sees.
"""
import pathlib
import subprocess
import sys
import tempfile
import uuid

from office import PHONE, Office, expect
from live_line import Line

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE = {"width": 1280, "height": 800}
SCRIPTS = (
    ("+15551230001", """caller: Good morning, my name is Julia Baker from Northern Lights. I would like to order ten lamps.
agent: Thank you, Julia. I will send you the invoice tomorrow.
caller: Wonderful, thank you so much. That is great service."""),
    ("+15551230002", """caller: This is Peter Hall. The heater that you sold me is broken again, and I am really disappointed.
agent: I am sorry to hear that. I will send a technician on Monday.
caller: This is the third time. It is terrible. I want my money back."""),
)


LIVE = (
    ("agent", "Hello, this is the assistant of Acme Tools. How can I help you today?", False),
    ("caller", "Hi, I ordered a ladder last week, and it has not come.", False),
    ("agent", "I am sorry to hear that. Let me look up where it", True),
    ("caller", "The order number is four seven one one.", False),
    ("agent", "Thank you. It is due tomorrow. Shall somebody call you back if it does not come?", False),
    ("caller", "Yes, please.", False),
)


def demo_words():
    return (ROOT / "deploy/demo/script.txt").read_text()


def speak(folder, name, script):
    path = folder / f"{name}.mp3"
    text = folder / f"{name}.txt"
    text.write_text(script)
    subprocess.run([ROOT / "deploy/demo/make", text, path], check=True)
    return path


def earlier_days(office):
    """Calls of the last weeks, for the plots: their number and mood go up and down as days do."""
    office.stack.execute("""
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status,
                          created_at, started_at, ended_at, duration_ms, sentiment)
        SELECT gen_random_uuid(), 'CA' || md5(d || ' ' || n), p.organization_id, p.id, '+1555200' || lpad((d * 7 + n)::text, 4, '0'),
               p.number, 'inbound', 'completed', at, at, at + interval '95 s', 95000,
               (ARRAY['positive', 'neutral', 'neutral', 'positive', 'mixed', 'negative'])[1 + (d * 5 + n * 3) % 6]
        FROM phone_number p, generate_series(1, 40) d, generate_series(1, 4 + (d * 7) % 9) n,
             LATERAL (SELECT now() - d * interval '1 day' - n * interval '13 minutes') t (at)""")


def on_the_line(office, contact):
    """A call that goes on, with the words of its first minute."""
    call = str(uuid.uuid4())
    office.stack.execute(f"""
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number, to_number, direction, status, started_at)
        SELECT '{call}', 'CA{uuid.uuid4().hex}', p.organization_id, p.id, k.id, k.number, p.number, 'inbound', 'in-progress', now()
        FROM phone_number p JOIN contact k USING (organization_id) WHERE k.id = '{contact}'""")
    line = Line(office.stack, office.id, call).begin(ago_s=47)
    for role, text, interrupted in LIVE:
        line.say(role, text, interrupted)
    return call


def fewer_colors(png):
    """256 of them, which nobody sees: a third of the bytes."""
    palette = "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none"
    return subprocess.run(["ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-vf", palette, "-f", "image2pipe", "-c:v", "png",
                           "-pix_fmt", "pal8", "-"],
                          input=png, stdout=subprocess.PIPE, check=True).stdout


def shoot(office, folder, name, path, seen, dark=False, size=SIZE):
    page = office.visitor(path, dark=dark, size=size) if path == "/login" else office.at(path, dark=dark, size=size)
    expect(seen(page)).to_be_visible()
    expect(page.locator(".loading, [aria-busy=true]")).to_have_count(0)
    picture = folder / f"{name}.png"
    picture.write_bytes(fewer_colors(page.screenshot(animations="disabled")))
    page.context.close()
    print(f"{name}.png", flush=True)


def heading(name):
    return lambda page: page.get_by_role("heading", name=name, level=1)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temp, Office("pictures", SPEECH_ENGINE="whisper") as office:
        office.add_user("grace@example.com", "Grace Hopper", "member")
        earlier_days(office)
        for i, (caller, script) in enumerate((*SCRIPTS, ("+15551234567", demo_words()))):
            office.audio = speak(pathlib.Path(temp), str(i), script)
            call = office.place_call(caller=caller)
        contact = office.stack.one(f"SELECT contact_id FROM call WHERE id = '{call}'")
        analyzer = office.api("GET", "/api/analyzers").json[0]["id"]

        shoot(office, folder, "login", "/login", lambda page: page.get_by_role("button", name="Log in"))
        shoot(office, folder, "calls", "/calls", heading("Calls"))
        shoot(office, folder, "calls-dark", "/calls", heading("Calls"), dark=True)
        shoot(office, folder, "calls-phone", "/calls", heading("Calls"), size=PHONE)
        shoot(office, folder, "call", f"/calls/{call}", lambda page: page.get_by_role("heading", name="Transcript"),
              size={"width": 1280, "height": 1000})
        shoot(office, folder, "call-phone", f"/calls/{call}", lambda page: page.get_by_role("heading", name="Transcript"),
              size=PHONE, dark=True)
        shoot(office, folder, "todos", "/todos", heading("To-dos"))
        shoot(office, folder, "contacts", "/contacts", heading("Contacts"))
        shoot(office, folder, "contact", f"/contacts/{contact}", lambda page: page.get_by_role("heading", level=1))
        shoot(office, folder, "analyzers", "/analyzers", heading("Analyzers"))
        shoot(office, folder, "analyzer", f"/analyzers/{analyzer}", lambda page: page.get_by_role("heading", level=1))
        shoot(office, folder, "overview", "/overview", heading("Overview"))
        shoot(office, folder, "settings", "/settings", heading("Settings"))
        live = on_the_line(office, contact)
        shoot(office, folder, "call-live", f"/calls/{live}", lambda page: page.get_by_text("Yes, please."))
        office.no_trouble()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
