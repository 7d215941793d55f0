"""Schemathesis asks every operation as an admin, a member, an API token and nobody: whatever comes, the gateway neither
fails nor answers anything that schemas/openapi.yaml does not say.

    API_FUZZ_EXAMPLES=500 tests/run --integration -R schemathesis     # longer: so many cases an operation when fuzzing
    schemathesis_test.py --include-path-regex todos                   # any option of Schemathesis

The seed is fixed, so a failure comes again; what is printed of it ends with a curl command.
"""
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

from schemathesis_ground import HERE, Role, api_token, fill
from world import Organization, World

SEED = 20261123
EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "5"))
WALKS = {"admin": 6, "token": 2}  # from one operation to the next: so many times as many as cases of each operation
CASES_AT_LEAST = 2000
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
          "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability",
          "ignored_auth")


def roles(world):
    """Each has an organization of its own; the ids of its neighbour's things are among those it tries."""
    ada, eve, tom = world.ada, world.eve, Organization(world, "Tom", "+15559876503")
    member = eve.member("member@example.com")
    token, row = api_token(tom)
    for organization in (ada, eve, tom):
        fill(organization)
    return (Role("admin", ada, eve, "bearer", ada.token),
            Role("member", member, tom, "cookie", member.token),
            Role("token", tom, ada, "bearer", token, api_token=row),
            Role("nobody", ada, eve))


def quick(folder):
    """An environment in which Hypothesis does nothing twice: a table that takes seconds to make is kept for all runs, and
    packages stand where it does not take them for code under test, of which it reads every constant, to try it."""
    packages = folder / "site-packages"
    if not packages.exists():
        packages.symlink_to(os.environ["PYTHONPATH"])
    return {**os.environ, "PYTHONPATH": f"{HERE}:{packages}", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}


def make_table(folder):
    subprocess.run(["python3", "-c", "from hypothesis.internal.charmap import intervals_from_codec as table; table('utf-8')"],
                   env=quick(folder), check=True)


class Run:
    """What one role's run came to: its exit status, what it printed, and [phase, operation, status, how often] of all
    answers."""

    def __init__(self, role):
        few = max(1, EXAMPLES // 3)  # for nobody, who is refused before a word is read
        role.write_config({"fuzzing": EXAMPLES if role.scheme else few, "stateful": WALKS.get(role.name, 1) * EXAMPLES})
        role.write_run()
        command = ["python3", "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "--no-color", "run",
                   role.organization.stack.api + "/api/openapi.json", "--checks", ",".join(CHECKS),
                   "--phases", ",".join(PHASES), "--seed", str(SEED), "--continue-on-failure", *sys.argv[1:]]
        environment = {**quick(role.organization.stack.dir), "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                       "API_FUZZ_DIR": str(role.dir), "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, cwd=role.dir, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        figures = role.dir / "figures.json"
        assert figures.exists(), f"Schemathesis did not begin:\n{done.stdout}"
        self.name, self.status, self.output = role.name, done.returncode, done.stdout
        self.figures = json.loads(figures.read_text())
        self.cases = collections.Counter()
        for phase, _, _, times in self.figures:
            self.cases[phase] += times

    def tell(self):
        if self.status:
            print(f"==== {self.name}\n{self.output}")
        print(f"{self.name:8}" + "".join(f" {phase} {self.cases[phase]:5}" for phase in PHASES), flush=True)

    def unreached(self):
        """Operations that answered with no success: what only ever answers 404 was not tried."""
        reached = collections.defaultdict(bool)
        for _, operation, status, _ in self.figures:
            reached[operation] |= status < 300
        return sorted(operation for operation, is_reached in reached.items() if not is_reached)

    def walked(self, contract):
        """The operations that the contract's links lead to, and those of them that a walk reached with success."""
        operations = [(f"{method.upper()} {path}", operation) for path, item in contract["paths"].items()
                      for method, operation in item.items() if method != "parameters"]
        linked = {link["operationId"] for _, operation in operations for response in operation["responses"].values()
                  for link in response.get("links", {}).values()}
        labels = {label for label, operation in operations if operation["operationId"] in linked}
        return labels, labels & {label for phase, label, status, _ in self.figures if phase == "stateful" and status < 300}


def all_was_tried(runs, contract):
    total = sum(run.cases.total() for run in runs)
    print(f"{total} cases in all", flush=True)
    assert total >= CASES_AT_LEAST, "most of the cases got lost"
    assert all(run.cases[phase] for run in runs for phase in PHASES), "a phase did not begin"
    admin = runs[0]
    assert not admin.unreached(), f"an admin reached nothing at {admin.unreached()}"
    linked, reached = admin.walked(contract)
    print(f"walks led to {len(reached)} of {len(linked)} operations that links name", flush=True)
    assert len(linked) > 10 and len(reached) > len(linked) / 2, f"walks did not lead to {linked - reached}"


def main():
    with World("api-schemathesis", LOGIN_ATTEMPTS="1000") as world:
        make_table(world.stack.dir)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(Run, roles(world)))
        for run in runs:
            run.tell()
        failed = [run.name for run in runs if run.status]
        assert not failed, f"failed as {', '.join(failed)}: see above"
        if not sys.argv[1:]:
            all_was_tried(runs, world.get("/api/openapi.json").json)


if __name__ == "__main__":
    main()
