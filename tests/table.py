# SPDX-License-Identifier: GPL-2.0
"""The tables of what runs: tests/guest/programs.tsv, tests/groups.tsv and tests/guest/skips.tsv."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tally import Tally

TREE = Path(__file__).resolve().parent.parent
PROGRAMS_FILE = "tests/guest/programs.tsv"
GROUPS_FILE = "tests/groups.tsv"
SKIPS_FILE = "tests/guest/skips.tsv"


class Wrong(ValueError):
    """A table that cannot be read; says where and why."""


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is what `pattern` stands for, in which only "*" is special."""
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.S))


def is_of(runs: str, run: str) -> bool:
    """Whether a column of patterns has the run: "all", or some of "x86_64", "arm64*", "*-rt"."""
    return runs == "all" or any(matches(pattern, run) for pattern in runs.split())


def rows(path: Path, columns: int) -> list[list[str]]:
    """The lines of a table, as cells."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != columns or not all(cells):
            raise Wrong(f"{path.name}:{number}: a row has {columns} columns, with one tab between them")
        found.append(cells)
    return found


def number(checks: str, run: str) -> int:
    """How many checks a column declares for a run: "19 arm64*=18"."""
    default, *others = checks.split()
    for other in others:
        pattern, _, count = other.partition("=")
        if matches(pattern, run):
            return int(count)
    return int(default)


@dataclass(frozen=True)
class Program:
    """A row of the table of programs."""

    name: str
    source: str
    section: str
    beside: str
    runs: str
    checks: str

    def is_of(self, run: str) -> bool:
        """Whether it makes its checks in a run."""
        return is_of(self.runs, run)

    def planned(self, run: str) -> int:
        """How many that are."""
        return number(self.checks, run)


@dataclass(frozen=True)
class Group:
    """A row of the table of what runs on the host. `once`: for the first architecture only."""

    name: str
    runs: str
    once: bool
    checks: str


def _known(names: list[str], path: str) -> None:
    """Each name once."""
    for name in names:
        if names.count(name) > 1:
            raise Wrong(f"{path}: {name} has two rows: remove one")


def read_programs(tree: Path = TREE) -> dict[str, Program]:
    """The programs, by their names."""
    table = [Program(*cells) for cells in rows(tree / PROGRAMS_FILE, 6)]
    _known([program.name for program in table], PROGRAMS_FILE)
    for program in table:
        if not re.fullmatch(r"\d+( \S+=\d+)*", program.checks):
            raise Wrong(f"{PROGRAMS_FILE}: the checks of {program.name} are '{program.checks}':"
                        " write a number, and PATTERN=NUMBER where another one is made")
    return {program.name: program for program in table}


def read_groups(tree: Path = TREE) -> list[Group]:
    """What runs on the host."""
    table = [Group(name, runs, often == "once", checks)
             for name, runs, often, checks in rows(tree / GROUPS_FILE, 4)]
    _known([group.name for group in table], GROUPS_FILE)
    return table


@dataclass
class Skips:
    """The checks that may be skipped, and which of them were."""

    run: str
    programs: dict[str, Program]
    rows: list[list[str]]
    seen: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, run: str, tree: Path = TREE) -> "Skips":
        """Those of a run."""
        return cls(run, read_programs(tree),
                   [cells for cells in rows(tree / SKIPS_FILE, 3) if is_of(cells[0], run)])

    def allow(self, line: str) -> bool:
        """Whether a check may be skipped, by "NAME: TEST: REASON"."""
        found = {number for number, (_, check, reason) in enumerate(self.rows)
                 if matches(f"{check}: {reason}", line)}
        self.seen |= found
        program = self.programs.get(line.partition(": ")[0])
        return bool(found) or bool(program and not program.is_of(self.run))

    def judge(self, tally: Tally) -> None:
        """Turns what must not be skipped into failures."""
        kept = []
        for line in tally.skipped:
            if self.allow(line):
                kept.append(line)
            else:
                tally.failed.append(f"{line} (skipped, which {SKIPS_FILE} does not allow on {self.run})")
        tally.skipped = kept

    def unused(self, names: set[str]) -> list[str]:
        """What may be skipped and was not, of the programs and groups that ran."""
        return [f"{check} may be skipped on {self.run} and was not: take it out of {SKIPS_FILE}"
                for number, (_, check, _) in enumerate(self.rows)
                if number not in self.seen and check.partition(": ")[0] in names]


def plan(program: Program, run: str, tally: Tally) -> None:
    """Fails a program that made another number of checks than the table declares."""
    if not program.is_of(run):
        # All of it is skipped, and by what a program says then that can be one line.
        if tally.passed:
            tally.failed.append(f"{program.name}: made checks, though by {PROGRAMS_FILE} it skips all"
                                f" of them on {run}: correct the column 'runs'")
        return
    made = len(tally.passed) + len(tally.failed) + len(tally.skipped)
    planned = program.planned(run)
    if made != planned and not (made > planned and tally.failed):
        tally.failed.append(f"{program.name}: made {made} checks, and {PROGRAMS_FILE} declares"
                            f" {planned} on {run}")


def floor(group: Group, run: str, tally: Tally) -> None:
    """Fails what ran on the host if it made fewer checks than the table declares."""
    made = len(tally.passed) + len(tally.failed) + len(tally.skipped)
    planned = number(group.checks, run)
    if made < planned:
        tally.failed.append(f"{group.name}: made {made} checks, and {GROUPS_FILE} declares {planned} on {run}")
    elif made > planned:
        tally.notes.append(f"{group.name}: made {made} checks: write that instead of {planned} into {GROUPS_FILE}")
