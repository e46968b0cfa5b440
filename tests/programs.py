#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The test programs: compares the table with the folder and the suite, and finds the tests of one.

usage: programs.py [WORD...]
       programs.py --count --kunit FOLDER build/test/RUN...

Fails with one sentence for each mismatch: a program that is not in the table, in the folder or in the
suite. A WORD, which is PROGRAM, PROGRAM/TEST or NAME=VALUE, that names an unknown one is another.
With --count the numbers of checks of these runs are written into the table.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

import table
import verdict
from table import TREE
from tally import Ktap
from verdict import PROGRAMS

TABLE = table.PROGRAMS_FILE
SUITE = "tests/guest/suite"

# The suite does this at its end, whatever the programs are.
ALWAYS = "proc"


class Unknown(Exception):
    """An unknown program or test, or a table that is wrong; says what to do."""


# How the suite runs a program.
_RUNS = re.compile(r"(?:^|[\s'])(?P<how>run|kmod|attack|as|memtypes_left)[ =](?P<name>\w+)|@begin (?P<own>\w+)")
_LISTED = re.compile(r"^section (?P<section>\S+)$|^(?P<end>unwanted=)$")


def _in_suite(text: str) -> dict[str, str]:
    """The programs that the suite runs, and in which of its sections."""
    found: dict[str, str] = {}
    section, as_name, inside = "-", "", ""
    for line in text.splitlines():
        if function := re.match(r"(\w+)\(\) \{$", line):
            inside = function[1]
        elif line == "}":
            inside = ""
        elif where := _LISTED.match(line):
            section = where["section"] or "-"
        if line.lstrip().startswith("#"):
            continue
        for ran in _RUNS.finditer(line):
            how, name = ran["how"], ran["name"] or ran["own"]
            if how == "as":
                as_name = name
                found[name] = section
            elif how == "kmod" and not as_name:
                found[f"kmod_{name}"] = section
            elif how == "attack":
                found[f"attack_{name}"] = section
            elif how == "kmod":
                as_name = ""
            elif how or ran["own"]:
                # What a function prints is where the function is called.
                found.setdefault(name, f"{inside}()" if inside else section)
    return found


def _called(text: str, function: str) -> str:
    """In which section of the suite a function is called first."""
    section = "-"
    for line in text.splitlines():
        if where := _LISTED.match(line):
            section = where["section"] or "-"
        elif re.search(rf"(^\t?|meanwhile='?){function}\b(?!\()", line):
            break
    return section


def mismatches(tree: Path) -> list[str]:
    """A sentence for each program that is not the same in the table, the folder and the suite."""
    tests = tree / "tests"
    known = table.read_programs(tree)
    text = (tree / SUITE).read_text(encoding="utf-8")
    makefile = (tests / "Makefile").read_text(encoding="utf-8")
    others = re.search(r"^TEST_GEN_PROGS_EXTENDED :=(.*)$", makefile, re.M)
    extended = set(others[1].split() if others else ())
    found = []
    for source in sorted(tests.glob("*.c")):
        if source.stem in known or source.stem in extended:
            continue
        if re.search(r"\bmain\(|^TEST_HARNESS_MAIN", source.read_text(), re.M):
            found.append(f"tests/{source.name} is a program that is not in the table: add it to {TABLE}"
                         f" and to {SUITE}")
    for source in sorted(tests.glob("attack/*.rs")):
        name = f"attack_{source.stem}"
        if name not in known and f"iomem_{name}" not in text:
            found.append(f"tests/attack/{source.name} is not in the table: add {name} to {TABLE}"
                         f" and to {SUITE}")
    suite = _in_suite(text)
    for program in known.values():
        name = program.name
        if program.source not in ("suite", "kernel") and not (tests / program.source).exists():
            found.append(f"{name} is in the table, {TABLE}, and tests/{program.source} does not exist:"
                         " add the one or remove the other")
        if program.beside != "-" and program.beside not in known:
            found.append(f"{name} runs beside {program.beside} in {TABLE}, which is not there: correct it")
        if name not in suite:
            found.append(f"{name} is in the table, {TABLE}, and {SUITE} does not run it: add it there or"
                         " remove its row")
            continue
        section = suite[name]
        if section.endswith("()"):
            section = _called(text, section[:-2])
        if section != program.section:
            found.append(f"{name} is in section '{program.section}' of {TABLE}, and in section '{section}'"
                         f" of {SUITE}: make them the same")
    found += [f"{SUITE} runs {name}, which is not in the table: add it to {TABLE}"
              for name in suite if name not in known]
    return found


def compare(tree: Path) -> None:
    """Raises Unknown if a program is not the same in the table, the folder and the suite."""
    if found := mismatches(tree):
        raise Unknown("\n".join(found))


def split(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The programs that are named, each with the tests that are, and the words NAME=VALUE."""
    wanted: dict[str, list[str]] = {}
    values = []
    for word in words:
        name, slash, test = word.partition("/")
        if "=" in name:
            values.append(word)
            continue
        if name not in PROGRAMS:
            close = difflib.get_close_matches(name, PROGRAMS)
            like = f"did you mean {' or '.join(close)}" if close else f"all are in {TABLE}"
            raise Unknown(f"there is no program '{name}': {like}")
        if slash and not test:
            raise Unknown(f"'{word}' names no test: say T={name} for all of the program's")
        tests = wanted.setdefault(name, [])
        if slash:
            tests.append(test)
    if not wanted:
        raise Unknown("T names no program: name one, T=mmap, or a test of it,"
                      " T=mmap/window.private_is_refused")
    return wanted, values


def with_others(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same with the programs that must run for some of them to."""
    beside = (PROGRAMS[name].beside for name in wanted)
    needed: dict[str, list[str]] = {name: [] for name in beside if name != "-"}
    return {**needed, **wanted}


def tests_of(program: Path, nm: str) -> list[str]:
    """The tests of a program with kselftest's harness, as it prints them; found by its symbols.

    The program itself cannot be asked where it is built for another architecture.
    """
    printed = subprocess.run([nm, program], capture_output=True, text=True, check=True).stdout
    symbols = {line.split()[-1] for line in printed.splitlines() if line.strip()}
    # Parts that the compiler makes of a function, such as .cold, are none.
    wrapped = {symbol[len("wrapper_"):] for symbol in symbols
               if symbol.startswith("wrapper_") and "." not in symbol}
    objects = {match[1] for match in map(re.compile(r"_(\w+)_object").fullmatch, symbols) if match}
    fixtures = {name[:-len("_fixture")] for name in objects if name.endswith("_fixture")}

    def owner(name: str) -> str:
        # The name of one fixture may begin with that of another.
        return max((f for f in fixtures if name.startswith(f"{f}_")), key=len, default="")

    variants: dict[str, list[str]] = {}
    for name in objects - wrapped:
        if not name.endswith("_fixture") and owner(name):
            variants.setdefault(owner(name), []).append(name[len(owner(name)) + 1:])
    found = []
    for name in wrapped:
        if f"{name}_teardown" in wrapped and owner(name):
            fixture = owner(name)
            for variant in variants.get(fixture, [""]):
                found.append(".".join(filter(None, (fixture, variant, name[len(fixture) + 1:]))))
        elif not (name.endswith("_teardown") and name[:-len("_teardown")] in wrapped):
            found.append(f"global.{name}")
    return sorted(found)


def matches(name: str, program: str, test: str) -> bool:
    """Whether `test` means the test that is printed as `name`, which is FIXTURE.[VARIANT.]TEST.

    That name does, and TEST, FIXTURE.TEST and PROGRAM.TEST do in each variant.
    """
    fixture, _, rest = name.partition(".")
    last = rest.rpartition(".")[2] or fixture
    return test in (name, last, f"{fixture}.{last}", f"{program}.{last}")


def resolve(program: str, tests: list[str], there: list[str]) -> list[str]:
    """The names, of those that are there, that `tests` mean; each must mean one or more."""
    found = []
    for test in tests:
        meant = [name for name in there if matches(name, program, test)]
        if not meant:
            close = difflib.get_close_matches(test, there, n=2, cutoff=0.5)
            like = f"T={program} prints the names of all"
            if close:
                like = f"did you mean {' or '.join(f'{program}/{name}' for name in close)}"
            raise Unknown(f"there is no test '{test}' in {program}: {like}")
        found += meant
    return found


def recount(kunit: Path, folders: list[Path]) -> None:
    """Writes into the table how many checks the programs made in these runs."""
    path = TREE / TABLE
    text = path.read_text(encoding="utf-8")
    ktap = Ktap(kunit)
    for folder in folders:
        run = folder.resolve().name
        for name, tally in verdict.programs(ktap, folder):
            program = table.read_programs()[name]
            made = len(tally.passed) + len(tally.failed) + len(tally.skipped)
            if tally.failed or not program.is_of(run) or made == program.planned(run):
                continue
            default, *others = program.checks.split()
            # What is said of this very run comes first, since the first that fits counts.
            others = [f"{run}={made}"] + [other for other in others if not other.startswith(f"{run}=")]
            if run == "x86_64":
                default, others = str(made), others[1:]
            row = "\t".join((name, program.source, program.section, program.beside, program.runs))
            text = text.replace(f"{row}\t{program.checks}\n", f"{row}\t{' '.join([default, *others])}\n")
            path.write_text(text, encoding="utf-8")
            print(f"{name}: {made} checks on {run}")


def main() -> int:
    try:
        if sys.argv[1:3] == ["--count", "--kunit"]:
            recount(Path(sys.argv[3]), [Path(folder) for folder in sys.argv[4:]])
            return 0
        compare(TREE)
        if sys.argv[1:]:
            split(sys.argv[1:])
    except (Unknown, table.Wrong) as problem:
        for line in str(problem).splitlines():
            print(f"check: {line}", file=sys.stderr)
        return 125
    return 0


if __name__ == "__main__":
    sys.exit(main())
