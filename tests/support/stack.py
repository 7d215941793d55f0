"""The services under test, on the servers that tests/run started (or any that the environment names).

    with Stack("pipeline") as stack:
        stack.start_all()
        stack.kill("transcriber"); stack.start("transcriber")
        stack.sql("SELECT count(*) FROM call")

Each Stack has a database, a topic prefix and a folder of its own, so that suites can run one after the
other on the same servers. Nothing here sleeps for a fixed time: `until` polls with a deadline.
"""
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import SchemaRegistryClient

SERVICES = ("api-gateway", "call-ingest", "transcriber", "contact-enricher", "analyzer-runner",
            "todo-extractor", "reporter")
LIVE = "live-session"  # by itself: it is at work while a call lasts, and most suites' calls are over at once


class Failed(AssertionError):
    """A wait that reached its deadline, with what was seen last."""


def patience(seconds):
    """What takes so long at the most on a machine with nothing else to do may take several times as long beside other suites."""
    return max(seconds, min(4 * seconds, 120))


def until(what, seconds, probe, every=0.1):
    """Polls `probe` until it gives something true and returns that; `what` names it in the failure, `seconds` are for a machine
    with nothing else to do."""
    deadline = time.monotonic() + patience(seconds)
    while True:
        seen = probe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {patience(seconds)} s (seen last: {seen!r})")
        time.sleep(every)


PORTS = range(20000, 32000)  # below what the kernel gives to outgoing connections, which takes a port that is free only now
taken_ports = []  # their lock files, held until this process ends


def free_port():
    """A port that is this process's until it ends, whether anybody listens on it just then or not."""
    folder = pathlib.Path(tempfile.gettempdir(), "callmill-ports")
    folder.mkdir(exist_ok=True)
    for port in random.sample(PORTS, len(PORTS)):
        lock = open(folder / str(port), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        taken_ports.append(lock)
        return port
    raise Failed(f"no port of {PORTS.start} to {PORTS.stop - 1} is free")


SPEAK = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "demo" / "make"


def spoken_call(path, *turns):
    """A dual-channel MP3 of two flite voices, as the demo call is made; a turn is "caller: words"."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
        script.write("\n".join(turns or ("caller: I would like to know where my order is, please.",
                                         "agent: I will look into it and call you back tomorrow.")))
        script.flush()
        subprocess.run([SPEAK, script.name, path], check=True)


# Debian's psql is a script that looks for the newest one each time, which takes longer than most statements.
PSQL = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: int(path.parts[-3]), default="psql")


class Stack:
    def __init__(self, name, **environment):
        self.name = name
        self.bin = pathlib.Path(os.environ["CALLMILL_BIN"])
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"callmill-{name}-"))
        self.ports = {s: free_port() for s in ("api", "ingest", "live", "twilio", "smtp", "speech", "model", LIVE, *SERVICES)}
        self.processes = {}
        self.logs = {}
        self.database = f"t_{name}_{os.getpid()}".replace("-", "_")
        self.owner_url = self._database_url(os.environ["MIGRATE_DATABASE_URL"])
        self.worker_url = self._database_url(os.environ["DATABASE_URL"])
        self.api_role_url = self._database_url(os.environ["API_DATABASE_URL"])
        self.api = f"http://127.0.0.1:{self.ports['api']}"
        self.ingest = f"http://127.0.0.1:{self.ports['ingest']}"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SPEECH_", "TEXT_", "SMTP_", "REALTIME_", "OTEL_"))},
            "DATABASE_URL": self.worker_url,
            "TOPIC_PREFIX": f"{self.database}.",
            "RECORDINGS_DIR": str(self.dir / "recordings"),
            "MAIL_DIR": str(self.dir / "mail"),
            "MAIL_FROM": "callmill@example.com",
            "PUBLIC_URL": self.ingest,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
            "TWILIO_AUTH_TOKEN": "token-of-the-tests",
            "TWILIO_API_URL": f"http://127.0.0.1:{self.ports['twilio']}",
            **environment,
        }
        self.env.pop("MIGRATE_DATABASE_URL", None)
        for folder in ("recordings", "mail"):
            (self.dir / folder).mkdir()

    def _database_url(self, url):
        return urllib.parse.urlsplit(url)._replace(path="/" + self.database).geturl()

    def __enter__(self):
        self._psql(os.environ["MIGRATE_DATABASE_URL"], f'CREATE DATABASE "{self.database}"')
        self.callmill("migrate", MIGRATE_DATABASE_URL=self.owner_url)
        until("topics", 60, self._make_topics)
        return self

    def __exit__(self, kind, *_):
        for name in self.processes:
            self._end(name)
        for name in list(self.processes):
            self._ended(name, 20)
        if kind is None:
            shutil.rmtree(self.dir, ignore_errors=True)
            until(f"database {self.database} dropped", 60, self._drop_database)
            self._delete_topics()
        else:
            print(f"kept for a look: {self.dir}, database {self.database}", flush=True)

    def _make_topics(self):
        """Brokers that make many suites' topics at once may be slower than the command waits; it says then that it may be tried again."""
        try:
            self.callmill("topics")
        except Failed as failed:
            if "callmill topics: exit 75" not in str(failed):
                raise
            return False
        return True

    def _drop_database(self):
        """By force would fail: a backend may outlive its service by a moment, and its role is not the owner's to end."""
        try:
            self._psql(os.environ["MIGRATE_DATABASE_URL"], f'DROP DATABASE IF EXISTS "{self.database}"')
        except Failed as failed:
            if "is being accessed by other users" not in str(failed):
                raise
            return False
        return True

    def _delete_topics(self):
        """A broker that keeps every suite's topics grows slower with each."""
        admin = AdminClient({"bootstrap.servers": os.environ["KAFKA_BROKERS"]})
        mine = [topic for topic in admin.list_topics(timeout=60).topics if topic.startswith(f"{self.database}.")]
        for deleted in admin.delete_topics(mine, operation_timeout=60).values() if mine else ():
            deleted.result()

    # -- programs ------------------------------------------------------------------------------------

    def callmill(self, *args, stdin=None, **environment):
        """Runs the command line; gives its JSON where --json was asked for."""
        done = subprocess.run([self.bin / "callmill", *args], env={**self.env, **environment}, input=stdin,
                              capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise Failed(f"callmill {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if "--json" in args else done.stdout

    def start(self, name, command=None, replica=0, **environment):
        """A second replica of a service has addresses of its own, and is called NAME-1."""
        env = {**self.env, **environment}
        port = {"api-gateway": "api", "call-ingest": "ingest", LIVE: "live"}.get(name)
        called = f"{name}-{replica}" if replica else name
        if replica:
            for of in filter(None, (name, port)):
                self.ports.setdefault(f"{of}-{replica}", free_port())
        if name in (LIVE, *SERVICES):
            env["ADMIN_ADDR"] = f"127.0.0.1:{self.ports[called]}"
            # Static membership: what is killed and started again has its partitions back at once.
            env.setdefault("KAFKA_INSTANCE", f"{name}-{replica}")
            command = [self.bin / name]
        if name == "api-gateway":
            env["DATABASE_URL"] = self.api_role_url
        if port:
            env["HTTP_ADDR"] = f"127.0.0.1:{self.ports[f'{port}-{replica}' if replica else port]}"
        log = open(self.dir / f"{called}.log", "ab")
        self.processes[called] = subprocess.Popen(command, env=env, stdout=log, stderr=log,
                                                  stdin=subprocess.DEVNULL)
        log.close()

    def start_all(self, names=SERVICES, seconds=60):
        for name in names:
            self.start(name)
        for name in names:
            self.wait_ready(name, seconds)

    def wait_ready(self, name, seconds=60):
        def ready():
            if self.processes[name].poll() is not None:
                raise Failed(f"{name} ended with {self.processes[name].returncode}:\n{self.log_tail(name)}")
            return get_status(f"http://127.0.0.1:{self.ports[name]}/readyz") == 200
        try:
            until(f"{name} ready", seconds, ready)
        except Failed as failed:
            raise Failed(f"{failed}\n{self.log_tail(name)}") from None

    def kill(self, name):
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def stop(self, name, seconds=30):
        self._end(name)
        return self._ended(name, seconds)

    def _end(self, name):
        if self.processes[name].poll() is None:
            self.processes[name].terminate()

    def _ended(self, name, seconds):
        process = self.processes.pop(name)
        try:
            process.wait(patience(seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return process.returncode

    def log_tail(self, name, lines=15):
        text = (self.dir / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    @functools.cached_property
    def registry(self):
        """Confluent's own client. It would wait for ever for an answer that is lost on its way; now it asks again."""
        return SchemaRegistryClient({"url": self.env["SCHEMA_REGISTRY_URL"], "timeout": 10})

    # -- looking in ----------------------------------------------------------------------------------

    def _psql(self, url, statement):
        done = subprocess.run([PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", statement],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failed(f"psql: {done.stderr}")
        return done.stdout

    def sql(self, statement):
        """The rows of a SELECT as dictionaries."""
        text = self._psql(self.worker_url, f"SELECT coalesce(json_agg(r), '[]') FROM ({statement}) r")
        return json.loads(text)

    def execute(self, statement):
        """A statement without rows, as the owner."""
        self._psql(self.owner_url, statement)

    @contextlib.contextmanager
    def transaction(self, statement, end="ROLLBACK"):
        """The owner has run the statement, in a transaction that stays open as long as the block."""
        session = subprocess.Popen([PSQL, "-X", "-q", "-A", "-t", self.owner_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True, env={**os.environ, "PGAPPNAME": "a transaction of the tests"})
        session.stdin.write(f"BEGIN; {statement}; \\echo done\n")
        session.stdin.flush()
        assert session.stdout.readline() == "done\n", statement
        try:
            yield
        finally:
            session.communicate(f"{end};\n", timeout=10)

    def waits(self):
        """Does anybody wait for a lock?"""
        return self.one("""SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                           WHERE NOT granted AND datname = current_database()""") > 0

    def one(self, statement):
        (row,) = self.sql(statement)
        (value,) = row.values()
        return value

    def metrics(self, name):
        text = http("GET", f"http://127.0.0.1:{self.ports[name]}/metrics").text
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(method, url, body=None, headers=None, timeout=30):
    """One request; every status is an answer, not an exception."""
    data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if isinstance(body, (dict, list)):
        request.add_header("Content-Type", "application/json")
    try:
        with _direct.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def get_status(url):
    try:
        return http("GET", url, timeout=10).status
    except OSError:
        return None
