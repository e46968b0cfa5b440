#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The test programs: compares the table with the folder, and finds the tests of a program.

usage: programs.py [WORD...]

Fails with one sentence if a program is missing in the table or in the folder, or if a WORD, which
is PROGRAM, PROGRAM/TEST or NAME=VALUE, names an unknown one.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

from verdict import PROGRAMS

TABLE = "tests/verdict.py (PROGRAMS)"
TREE = Path(__file__).resolve().parent.parent

# These run while the test module of another program is loaded.
_BESIDE = {"owner": "attack_owner", "varying": "attack_varying", "foreign_left": "attack_foreign",
           "long_name_traced": "attack_long_names", "still_mapped": "attack_in_interrupt",
           "memtypes": "kmod_mapping", "memtypes_forgotten": "attack_memtypes",
           "memtypes_unloaded": "attack_memtypes"}
# The suite does this at its end, whatever the programs are.
ALWAYS = "proc"


class Unknown(Exception):
    """An unknown program or test, or a table that is wrong; says what to do."""


def _source(name: str, tree: Path) -> Path | None:
    """The source of a program; None for what the suite does, and for the kernel's programs."""
    tests = tree / "tests"
    kind, _, rest = name.partition("_")
    if kind == "attack":
        return tests / "attack" / f"{rest}.rs"
    suite = (tests / "guest/suite").read_text(encoding="utf-8")
    if re.search(rf"^as={name}$|@begin {name}\b|\b(run {name} --|memtypes_left {name}\b)",
                 suite, re.M):
        return None
    if kind == "kmod":
        return tests / "kmod" / f"{rest}.rs"
    return next((path for path in (tests / f"{name}.c", tests / "guest" / name) if path.exists()),
                tests / f"{name}.c")


def compare(programs: tuple[str, ...], tree: Path) -> None:
    """Raises Unknown at the first program that is not both in the table and in the folder."""
    tests = tree / "tests"
    others = re.search(r"^TEST_GEN_PROGS_EXTENDED :=(.*)$", (tests / "Makefile").read_text(), re.M)
    known = {*programs, *(others[1].split() if others else ())}
    for source in sorted(tests.glob("*.c")):
        if source.stem in known:
            continue
        if re.search(r"\bmain\(|^TEST_HARNESS_MAIN", source.read_text(), re.M):
            raise Unknown(f"tests/{source.name} is a program that is not in the table: add it to"
                          f" {TABLE}, to tests/guest/suite and to tests/Makefile")
    used = (tests / "guest/suite").read_text()
    section: list[str] = []
    for line in used.splitlines():
        if words := re.match(r"section (.*)|unwanted=$", line):
            section = (words[1] or "").split()
        elif section and (ran := re.search(r"\brun (\w+)", line)) and ran[1] in programs:
            if _BESIDE.get(ran[1], ran[1]) not in section:
                raise Unknown(f"{ran[1]} is not in the line 'section' above it in tests/guest/suite:"
                              " add it there")
    for source in sorted(tests.glob("attack/*.rs")):
        name = f"attack_{source.stem}"
        if name not in known and f"iomem_{name}" not in used:
            raise Unknown(f"tests/attack/{source.name} is not in the table: add {name} to {TABLE}"
                          " and to tests/guest/suite")
    for name in programs:
        source = _source(name, tree)
        if source and not source.exists():
            raise Unknown(f"{name} is in the table, {TABLE}, and {source.relative_to(tree)} does"
                          " not exist: add the one or remove the other")


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
    needed: dict[str, list[str]] = {_BESIDE[name]: [] for name in wanted if name in _BESIDE}
    return {**needed, **wanted}


def tests_of(program: Path, nm: str) -> list[str]:
    """The tests of a program with kselftest's harness, as it prints them; found by its symbols.

    The program itself cannot be asked where it is built for another architecture.
    """
    printed = subprocess.run([nm, program], capture_output=True, text=True, check=True).stdout
    symbols = {line.split()[-1] for line in printed.splitlines() if line.strip()}
    wrapped = {symbol[len("wrapper_"):] for symbol in symbols if symbol.startswith("wrapper_")}
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


def main() -> int:
    try:
        compare(PROGRAMS, TREE)
        if sys.argv[1:]:
            split(sys.argv[1:])
    except Unknown as problem:
        print(f"check: {problem}", file=sys.stderr)
        return 125
    return 0


if __name__ == "__main__":
    sys.exit(main())
