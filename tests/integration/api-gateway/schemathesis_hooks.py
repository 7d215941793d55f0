"""Schemathesis's hooks: what a run must not do to itself, what is no failure and why, and its figures."""
import atexit
import collections
import datetime
import json
import os
import pathlib
import uuid
import zoneinfo

import schemathesis
from hypothesis import strategies
from schemathesis.openapi.checks import RejectedPositiveData

DIR = pathlib.Path(os.environ["API_FUZZ_DIR"])
RUN = json.loads((DIR / "run.json").read_text())
FIGURES = collections.Counter()

# Silence: MPEG-2 layer III, 32 kbit/s, 16 kHz, two channels, 36 ms a frame.
FRAME = bytes.fromhex("fff34800") + bytes(140)
schemathesis.openapi.media_type("audio/mpeg", strategies.integers(10, 100).map(lambda frames: FRAME * frames))

# What has to be new. In walks it is: Hypothesis takes the same first steps many times, and gives the phase up when they
# lead elsewhere than before.
NEW = {
    "createAnalyzer": ("name", lambda: f"Analyzer {uuid.uuid4()}"),
    "changeAnalyzer": ("name", lambda: f"Analyzer {uuid.uuid4()}"),
    "createUser": ("email", lambda: f"{uuid.uuid4()}@example.com"),
    "createPhoneNumber": ("number", lambda: f"+1{uuid.uuid4().int % 10**12:012}"),
}


def phase_of(case):
    return case.meta.phase.name.value if case.meta else "other"


def operation_of(case):
    return case.operation.definition.raw.get("operationId")


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """A run goes on as who it is: who would be shut out, demoted or revoked is somebody else, and logging out ends a
    session that was made for it."""
    what = operation_of(case)
    if phase_of(case) == "stateful" and is_valid(case):
        case.headers.pop("Idempotency-Key", None)
        name, new = NEW.get(what, (None, None))
        if name and name in case.body:
            case.body[name] = new()
    own = case.path_parameters.get("id") in RUN["keep"]
    harm = isinstance(case.body, dict) and {"role", "disabled", "password"} & case.body.keys()
    if own and (what == "revokeToken" or what == "changeUser" and harm):
        case.path_parameters["id"] = RUN["spare_user"]
    if what == "logOut" and RUN["spare_sessions"]:
        if case.headers.get("Authorization") == f"Bearer {RUN['credential']}":
            case.headers["Authorization"] = f"Bearer {RUN['spare_sessions'].pop()}"
        if case.cookies.get("callmill_session") == RUN["credential"]:
            case.cookies["callmill_session"] = RUN["spare_sessions"].pop()


def holds_nul(value):
    return "\\u0000" in json.dumps(value, default=str)


def is_past(time):
    """About: offsets are not looked at, and what is made up misses this day by years."""
    return time.upper() <= datetime.datetime.now(datetime.timezone.utc).isoformat()


def is_ours(case):
    number = {"inbound": ["to"], "outbound": ["from"]}.get(case.query.get("direction"), ["from", "to"])
    return any(case.query[name] == RUN["number"] for name in number)


# What the contract says in words, as JSON Schema has none for it: of which field of which operation, and whether that is
# so. Where it is not, the request may be refused although it meets the schema.
WORDS = (
    ("changeSettings", "time_zone", lambda name, case: name in zoneinfo.available_timezones()),
    ("createToken", "expires_at", lambda time, case: time is None or not is_past(time)),
    ("changeUser", "current_password",
     lambda _, case: case.path_parameters["id"] in RUN["keep"] and "password" in case.body),
    ("createTodo", "assignee_id", lambda user, case: user is None),  # others may be strangers, or disabled meanwhile
    ("changeTodo", "assignee_id", lambda user, case: user is None),
    ("importCall", "started_at", lambda time, case: "1970" <= time and is_past(time)),
    ("importCall", "to", lambda _, case: is_ours(case)),
)


def keeps_its_words(case):
    said = {**case.query, **(case.body if isinstance(case.body, dict) else {})}
    return not holds_nul(said) and all(is_so(said[name], case) for operation, name, is_so in WORDS
                                       if operation == operation_of(case) and name in said)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not isinstance(failure, RejectedPositiveData) or response.status_code != 400 or keeps_its_words(case)


@schemathesis.hook
def after_call(context, case, response):
    FIGURES[phase_of(case), case.operation.label, response.status_code] += 1


@atexit.register
def write_figures():
    rows = [[*key, count] for key, count in sorted(FIGURES.items())]
    (DIR / "figures.json").write_text(json.dumps(rows))
