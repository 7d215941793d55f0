"""A small company at work: the whole stack with a canned speech engine, and Chromium (Debian's) in front of its pages.

    with Office("calls") as office:
        office.place_call()
        page = office.at("/calls")                     # logged in, in a browser of its own

Pages are found as people find things: by role, label and text. Each page that an office opens is watched: an error in
its console, a script's exception, a refusal by its Content-Security-Policy, or an answer of 5xx fails the story.
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import speech_server  # noqa: E402
from mailbox import Mailbox  # noqa: E402
from stack import SERVICES, Stack, http, spoken_call, until  # noqa: E402,F401

from playwright.sync_api import expect, sync_playwright  # noqa: E402

PASSWORD = "correct horse battery staple"
NUMBER = "+15559876543"
CALLER = "+15551234567"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# Without these it looks for its maker's servers, which are no part of a test.
CHROMIUM = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required")

PATIENCE_MS = 60_000  # beside other suites
expect.set_options(timeout=PATIENCE_MS)

# The pages' sounds are no elements of their documents; each that was ever started is remembered.
REMEMBER_SOUNDS = """
    const sounds = window.sounds = new Set(), play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () { sounds.add(this); return play.call(this); };"""


class Office:
    def __init__(self, name, services=SERVICES, **environment):
        self.services = services
        self.stack = Stack(name, **{"SPEECH_ENGINE": "openai", "SPEECH_MODEL": "canned", "RETRY_BASE_MS": "100",
                                    "RETRY_CAP_MS": "500", **environment})

    def __enter__(self):
        stack = self.stack.__enter__()
        stack.env["SPEECH_URL"] = f"http://127.0.0.1:{stack.ports['speech']}"
        stack.env["SMTP_URL"] = f"smtp://127.0.0.1:{stack.ports['smtp']}"
        stack.env["UI_URL"] = stack.api
        self.speech = speech_server.serve(stack.ports["speech"])
        self.mailbox = Mailbox(stack.ports["smtp"])
        self.mailbox.start()
        self.id = stack.callmill("org", "add", "--name", "Acme Tools", "--report-to", "team@example.com", "--json")["id"]
        self.add_user("ada@example.com", "Ada Lovelace", "admin")
        stack.callmill("number", "add", "--org", self.id, "--number", NUMBER, "--json")
        for name in self.services:
            stack.start(name)
        self._open_browser()
        self.audio = stack.dir / "call.mp3"
        if "call-ingest" in self.services:
            spoken_call(self.audio)
        for name in self.services:
            stack.wait_ready(name)
        self.token = self.api("POST", "/api/session", {"email": "ada@example.com", "password": PASSWORD}).json["token"]
        return self

    def __exit__(self, kind, *rest):
        self.browser.close()
        self.playwright.stop()
        self.mailbox.stop()
        self.stack.__exit__(kind, *rest)

    def add_user(self, email, name, role):
        self.stack.callmill("user", "add", "--org", self.id, "--email", email, "--name", name, "--role", role,
                            "--password-file", "-", "--json", stdin=PASSWORD)

    # -- the world outside ---------------------------------------------------------------------------

    def api(self, method, path, body=None, **headers):
        if hasattr(self, "token"):
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return http(method, self.stack.api + path, body, headers)

    def start_call(self, *options, caller=CALLER, audio=None):
        """One call by Twilio's protocol, on its way; give what it returns to end_call."""
        stack = self.stack
        return subprocess.Popen(
            [stack.bin / "callsim", "call", "--ingest", stack.ingest, "--public", stack.ingest,
             "--listen", f"127.0.0.1:{stack.ports['twilio']}", "--audio", audio or self.audio, "--to", NUMBER,
             "--from", caller, *options], env=stack.env, stdout=subprocess.PIPE)

    def end_call(self, callsim):
        out, _ = callsim.communicate(timeout=90)
        assert callsim.returncode == 0, out
        sid = json.loads(out)["calls"][0]["call_sid"]
        return until(f"{sid} in the list", 30, lambda: self.stack.sql(f"SELECT id FROM call WHERE call_sid = '{sid}'"))[0]["id"]

    def place_call(self, *options, says=None, caller=CALLER, until_step="report"):
        """A call that went through the pipeline; gives its id. `says`: what the speech engine hears, (start, end, words)."""
        if says:
            self.speech.words = says
        call = self.end_call(self.start_call(*options, caller=caller))
        if until_step:
            self.wait_for_step(call, until_step)
        return call

    def wait_for_step(self, call, step, state="done"):
        until(f"{step} of {call} is {state}", 60, lambda: self.stack.sql(
            f"SELECT 1 FROM call_step WHERE call_id = '{call}' AND step = '{step}' AND state = '{state}'"))

    # -- browsers ------------------------------------------------------------------------------------

    def _open_browser(self):
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), chromium_sandbox=False, args=CHROMIUM)
        self.trouble = []
        self.cookies = {}  # of who logged in, by e-mail address
        self.open_pages, self.idle_pages = [], []

    def context(self, size=WIDE, dark=False, locale="en-GB"):
        context = self.browser.new_context(viewport=size, color_scheme="dark" if dark else "light", locale=locale,
                                           timezone_id="Europe/Stockholm", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(REMEMBER_SOUNDS)
        return context

    def visitor(self, path="/", **look):
        """A page in a browser that nobody has logged in with."""
        page = self._page(**look)
        page.goto(self.stack.api + path)
        return page

    def at(self, path, email="ada@example.com", **look):
        """A page, logged in, in a browser of its own."""
        page = self._page(**look)
        self.admit(page.context, email)
        page.goto(self.stack.api + path)
        return page

    def admit(self, context, email="ada@example.com"):
        name, value = self._cookie(email).split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": self.stack.api, "httpOnly": True, "sameSite": "Strict"}])

    def _page(self, size=WIDE, dark=False):
        """Making one takes a second or two, so those of earlier stories are used again."""
        page = self.idle_pages.pop() if self.idle_pages else self._watch(self.context().new_page())
        self.open_pages.append(page)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        return page

    def _cookie(self, email):
        """Of a log-in that serves until a story ends it."""
        known = self.cookies.get(email)
        if known and http("GET", self.stack.api + "/api/session", headers={"Cookie": known}).status == 200:
            return known
        answer = http("POST", self.stack.api + "/api/session", {"email": email, "password": PASSWORD})
        assert answer.status == 200, answer.text
        self.cookies[email] = answer.headers["Set-Cookie"].split(";")[0]
        return self.cookies[email]

    def put_pages_away(self):
        """Nothing of what was done with them is left for whoever gets them next."""
        for page in self.open_pages:
            if page.is_closed():
                continue
            page.unroute_all(behavior="ignoreErrors")
            page.context.set_offline(False)
            page.context.clear_cookies()
            page.mouse.move(0, 0)
            # What a page keeps as it is left can be taken from its origin only, and after that.
            page.goto(self.stack.api + "/favicon.svg")
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            self.idle_pages.append(page)
        self.open_pages = []

    def _watch(self, page):
        page.on("pageerror", lambda error: self.trouble.append(f"exception: {error}"))
        page.on("console", lambda message: self.trouble.append(f"console: {message.text}") if self._is_trouble(message) else None)
        page.on("response", lambda answer: self.trouble.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
        return page

    @staticmethod
    def _is_trouble(message):
        # The browser itself writes a line for every 4xx; that they come is part of some stories.
        return message.type == "error" and "Failed to load resource" not in message.text

    def no_trouble(self):
        trouble, self.trouble = self.trouble, []
        assert not trouble, "\n".join(trouble)


def tell(stories, office):
    """Runs every story, or those named on the command line; what the browser complained of fails the story."""
    for story in stories:
        if not sys.argv[1:] or story.__name__ in sys.argv[1:]:
            story(office)
            office.no_trouble()
            office.put_pages_away()
            print(f"ok {story.__name__}", flush=True)


def sounding(page):
    """The ids of the calls that can be heard."""
    return page.evaluate("""[...sounds].filter(sound => !sound.paused && !sound.ended && sound.currentTime > 0)
        .map(sound => new URL(sound.currentSrc).pathname.split('/')[3]).sort()""")


# -- axe -----------------------------------------------------------------------------------------------

# The build of the pages has linked their packages there.
AXE = pathlib.Path(__file__).resolve().parents[2] / "services/api-gateway/web/node_modules/axe-core/axe.min.js"


def axe_violations(page, rules=None):
    """What axe-core finds on the page as it is, one line each."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate("""async rules => (await axe.run(document, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})).violations.map(
        v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 5).join(' | ')}`)""", rules)
    return found


def no_violations_in_any_light(page):
    """In the other light, only what is about colors can have changed."""
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    schemes = ("dark", "light") if dark else ("light", "dark")
    for scheme, rules in zip(schemes, (None, ["color-contrast", "link-in-text-block"])):
        page.emulate_media(color_scheme=scheme)
        found = axe_violations(page, rules)
        assert found == [], f"{scheme}: {found}"
    page.emulate_media(color_scheme=schemes[0])
