"""tidy.py BUILD: clang-tidy 14 finds nothing in what BUILD compiles (.clang-tidy, tests/.clang-tidy).

A file that passed is not looked at again while nothing has changed on which the verdict depends: its text and that of
every header it includes, as the build knows them, its compile command, the rules and the tool. That is remembered in
CALLMILL_CACHE, so that a fresh checkout has it too.

A check that finds nothing may be one that cannot: each line of broken/ that bears the name of a check must be found by
that check, under each of the rules that have it, and nothing else may be.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path.cwd()
PASSED = pathlib.Path(os.environ["CALLMILL_CACHE"]) / "tidy"
TIDY = "clang-tidy-14"
RULES, RULES_OF_TESTS = ROOT / ".clang-tidy", ROOT / "tests/.clang-tidy"
BROKEN = ROOT / "tests/static/broken"
FORGOTTEN_AFTER_S = 30 * 24 * 3600
FOUND = re.compile(r"^(?P<file>/[^:]+):(?P<line>\d+):\d+: (?:warning|error): .*\[(?P<checks>[^]]+)\]$", re.MULTILINE)


# ---- what there is to look at, and what its verdict depends on ----

def compiled():
    """The tracked C files that BUILD compiles, each with one of its commands: some are part of many programs."""
    tracked = set(subprocess.check_output(["git", "ls-files", "*.c"], text=True).splitlines())
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if file.is_relative_to(ROOT) and str(file.relative_to(ROOT)) in tracked:
            commands.setdefault(file, entry)
    return commands


def headers():
    """Object -> the files that it was made from, as the compiler told ninja."""
    told, of = {}, None
    for line in subprocess.check_output(["ninja", "-C", BUILD, "-t", "deps"], text=True).splitlines():
        if line.startswith(" "):
            of.append(BUILD / line.strip())
        elif line:
            of = told.setdefault(line.partition(": #deps")[0], [])
    return told


@functools.cache
def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def key(entry, told, common):
    """None where the build does not know the headers: then the file is looked at every time."""
    command = shlex.split(entry["command"])
    where = command.index("-o")
    files = told.get(command[where + 1])
    if not files or not all(file.exists() for file in files):
        return None
    parts = [common, *command[:where], *command[where + 2:], *map(digest, files)]
    return hashlib.sha256("\n".join(parts).replace(str(ROOT), "").encode()).hexdigest()


# ---- looking ----

def tidy(file, *options):
    done = subprocess.run([TIDY, "--quiet", file, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


def look(file, place, mark):
    """What is wrong with the file, in the tool's words; empty when nothing is."""
    if mark and mark.exists():
        os.utime(mark)
        return ""
    failed, out, err = tidy(file, "-p", place)
    if failed:
        return out + err
    if mark:
        mark.touch()
    return ""


def look_at_all(pool):
    commands, told = compiled(), headers()
    common = "".join((subprocess.check_output([TIDY, "--version"], text=True), digest(RULES), digest(RULES_OF_TESTS)))
    place = BUILD / "tidy"
    place.mkdir(exist_ok=True)
    (place / "compile_commands.json").write_text(json.dumps(list(commands.values())))
    PASSED.mkdir(parents=True, exist_ok=True)

    def job(file):
        known = key(commands[file], told, common)
        return look(file, place, known and PASSED / known)
    largest_first = sorted(commands, key=lambda file: -file.stat().st_size)
    return list(filter(None, pool.map(job, largest_first)))


def forget_old():
    for mark in PASSED.iterdir():
        if mark.stat().st_mtime < time.time() - FORGOTTEN_AFTER_S:
            mark.unlink(missing_ok=True)


# ---- that it can find something ----

def marks(file):
    """{(line, check)} as the file's own comments tell."""
    told = set()
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if bears := re.search(r"/\* finds: (.*?) \*/", line):
            told |= {(number, check) for check in bears[1].split()}
    return told


def complaints_of_broken(file, rules):
    """Under the tests' own rules, which are the nearest, or under others."""
    option = () if rules == RULES_OF_TESTS else (f"--config-file={rules}",)
    _, out, _ = tidy(file, *option, "--", "-std=c17", "-D_GNU_SOURCE")
    found = {(int(hit["line"]), check) for hit in FOUND.finditer(out) if hit["file"] == str(file)
             for check in hit["checks"].split(",") if check != "-warnings-as-errors"}
    told = marks(file)
    name, under = file.relative_to(ROOT), rules.relative_to(ROOT)
    return [f"{name}:{line}: {check} does not find it under {under}" for line, check in sorted(told - found)] + \
           [f"{name}:{line}: {check} was not to be found under {under}" for line, check in sorted(found - told)]


def look_at_broken(pool):
    jobs = [(file, RULES) for file in sorted(BROKEN.glob("*.c"))]
    jobs += [(file, RULES_OF_TESTS) for file, _ in jobs if file.name != "deep.c"]
    return [complaint for each in pool.map(lambda job: complaints_of_broken(*job), jobs) for complaint in each]


def main():
    os.nice(10)  # what runs beside it has deadlines
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = look_at_broken(pool) + look_at_all(pool)
    if wrong:
        sys.exit("\n".join(wrong))
    forget_old()
    print("tidy: nothing found, and everything in what is broken")


if __name__ == "__main__":
    main()
