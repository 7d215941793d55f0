"""What the code knows: each program's settings, topics and ports (from its own --help), the events, the metrics.

Nothing of it is written down a second time here, so a manifest that names what is not there is found by asking the
programs themselves.
"""
import functools
import re
import subprocess

from manifests import ROOT, load

SERVICES = ("api-gateway", "call-ingest", "live-session", "transcriber", "contact-enricher", "analyzer-runner",
            "todo-extractor", "reporter")
PROCESS_METRICS = re.compile(r'head\(out, "(process_[a-z_]+)", "(counter|gauge)"')
METRIC = re.compile(r'cm_(counter|gauge|histogram)\(\s*[\w>.-]+(?:\([^()]*\))?,\s*"(callmill_[a-z_]+)"')
NAMED_METRIC = re.compile(r'\b\w+\[\] = "(callmill_[a-z_]+)"')
LABEL = re.compile(r'[",{ ]([a-z_]+)=\\"')


class Setting:
    def __init__(self, name, default, values):
        self.name, self.default = name, default
        self.secret = "a secret, may come from the file" in values
        self.values = values.split(";")[0].strip()
        self.required = default == "required"

    def complaint(self, value):
        """Why the program would refuse this value, or None."""
        bounds = re.fullmatch(r"(-?\d+) to (-?\d+)", self.values)
        length = re.fullmatch(r"text, (\d+) to (\d+) bytes", self.values)
        if bounds:
            ok = re.fullmatch(r"-?\d+", value) and int(bounds[1]) <= int(value) <= int(bounds[2])
        elif length:
            ok = int(length[1]) <= len(value.encode()) <= int(length[2])
        elif "..." in self.values:
            ok = value.startswith(tuple(re.findall(r"[a-z0-9]+://", self.values)))
        elif self.values == "host:port":
            ok = re.fullmatch(r"\S+:\d{1,5}", value)
        elif re.fullmatch(r"[\w-]+(, [\w-]+)* or [\w-]+", self.values):
            ok = value in re.split(r", | or ", self.values)
        else:
            ok = True
        return None if ok else f"{self.name}={value}: want {self.values}"


class Program:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.settings = {one[0]: Setting(*one) for one in
                         re.findall(r"^  ([A-Z][A-Z0-9_]+) +(.*?)  \[(.*)\]$", text, re.M)}
        self.consumes = self._list("consumes")
        self.emits = self._list("emits")

    def _list(self, word):
        line = re.search(rf"^{word}: (.*)$", self.text, re.M)
        return line[1].split() if line else []

    def setting(self, variable):
        """(setting, comes from a file) that this variable stands for, or (None, False)."""
        if variable in self.settings:
            return self.settings[variable], False
        plain = self.settings.get(variable.removesuffix("_FILE"))
        return (plain, True) if plain and plain.secret and variable.endswith("_FILE") else (None, False)


class Code:
    def __init__(self, bin_dir):
        self.bin = bin_dir
        self.programs = {name: self._program(name) for name in (*SERVICES, "callmill migrate", "callmill topics")}

    def _program(self, name):
        file, *rest = name.split()
        if not (self.bin / file).exists():
            raise SystemExit(f"{self.bin / file} is not there: build it first (cmake --build --preset dev)")
        program = Program(name, subprocess.run([self.bin / file, *rest, "--help"], capture_output=True, text=True,
                                               check=True).stdout)
        return program

    @functools.cached_property
    def events(self):
        table = "".join((ROOT / "common/event" / name).read_text() for name in ("event.h", "event.c"))
        return set(re.findall(r'\bX\(EVENT_\w+, \w+,[\s\\]*"([a-z.-]+)"', table))

    @functools.cached_property
    def dead_letter_services(self):
        table = re.search(r"consumers\[\] = \{(.*?)\}", (ROOT / "services/callmill/names.c").read_text(), re.S)
        return re.findall(r'"([a-z-]+)"', table[1])

    @functools.cached_property
    def version(self):
        return re.search(r"project\(callmill VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]

    @functools.cached_property
    def _sources(self):
        return [path.read_text() for top in ("common", "services") for path in (ROOT / top).rglob("*.c")]

    @functools.cached_property
    def metrics(self):
        """Each metric's kind; "up" is Prometheus' own."""
        found = {"up": "gauge"}
        for text in self._sources:
            found |= {name: kind for kind, name in METRIC.findall(text)}
            found |= {name: "counter" for name in NAMED_METRIC.findall(text)}
            found |= dict(PROCESS_METRICS.findall(text))
        return found

    @functools.cached_property
    def metric_labels(self):
        return {"job", "instance", "le"} | {label for text in self._sources for label in LABEL.findall(text)}

    @functools.cached_property
    def routes(self):
        """Paths under /twilio that call-ingest serves."""
        text = (ROOT / "services/call-ingest/webhooks.c").read_text()
        return sorted(set(re.findall(r'"(/twilio/[a-z-]+)"', text)))
