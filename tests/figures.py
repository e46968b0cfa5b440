#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One table of what has been tried: reads what tests/matrix kept.

usage: figures.py --kunit FOLDER --count build/test/ARCH...
       figures.py [--write] build/matrix

With --count it leaves in each folder how many checks passed, failed and were skipped there, for which
it needs all that the run left. Otherwise it prints a row for each run that was kept, and with --write
puts them into Documentation/testing-runs.rst too, between the two marks there. The rows there that were not
run again stay.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import verdict
from tally import Ktap

PAGE = Path(__file__).resolve().parent.parent / "Documentation/testing-runs.rst"
# What a dash stands for: was not part of that run.
NONE = "-"
BEGIN, END = ".. figures begin", ".. figures end"
COLUMNS = ("release", "rustc", "arch", "kernel", "run", "passed", "failed", "skipped", "rounds",
           "allocations", "calls", "edges", "mutants", "commit")
FIGURES = COLUMNS[COLUMNS.index("passed"):COLUMNS.index("commit")]


@dataclass
class Run:
    """What one run on one architecture left."""

    cell: dict[str, str]
    figures: dict[str, str]
    seeds: list[str]


def blocks(text: str) -> list[tuple[str, str]]:
    """The programs that ran in the guest and what each printed."""
    return re.findall(r"^@begin (\w+)\n(.*?)^@end \1 \d+$", text, re.M | re.S)


def count(ktap: Ktap, folder: Path) -> None:
    """Leaves the numbers of checks in the folder of a run."""
    first = (folder / "properties.log").exists()
    total = verdict.Tally()
    for _, tally in verdict.groups_of(ktap, folder, first):
        total += tally
    numbers = [str(len(part)) for part in (total.passed, total.failed, total.skipped)]
    (folder / "counts").write_text(" ".join(numbers) + "\n", encoding="utf-8")


def chance(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The figures of what chance decides, and what repeats it."""
    figures, seeds = {}, []
    text = (folder / "suite.log").read_text(encoding="utf-8", errors="replace")
    for name, said in blocks(text):
        rounds = re.findall(r"[: ](\d+) rounds, \d+ in a second", said)
        if rounds:
            figures["rounds"] = str(int(figures.get("rounds", "0")) + sum(map(int, rounds)))
            started = re.findall(r"seed (0x[0-9a-f]+)", said)
            seeds.append(f"{name} " + ", ".join(map(" of ".join, zip(rounds, started, strict=True))))
        calls = re.search(r"^# (\d+) calls by \d+ programs kept, (\d+) edges", said, re.M)
        if calls:
            figures["calls"] = calls[1]
            # None were counted where the kernel has no means to.
            figures["edges"] = calls[2] if calls[2] != "0" else NONE
            seeds += [f"{name} {seed}" for seed in re.findall(r"IOMEM_SEED=(0x[0-9a-f]+)", said)]
        windows = re.search(r":(\d+) windows, [\d.]+ in a second$", said, re.M)
        if windows:
            started = re.search(r"IOMEM_SEED=(0x[0-9a-f]+)", said)
            seeds.append(f"{name} {windows[1]} windows of {started[1] if started else NONE}")
        failed = re.search(r"^# faults: (\d+) failed in all$", said, re.M)
        if failed:
            figures["allocations"] = failed[1]
    return figures, seeds


def read(folder: Path) -> Run:
    """One run."""
    cell = dict(line.strip().split("=", 1)
                for line in (folder / "cell").read_text(encoding="utf-8").splitlines())
    figures, seeds = {}, []
    if cell["what"] == "mutants":
        log = (folder / "mutants.log").read_text(encoding="utf-8")
        last = re.findall(r"(\d+) (?:killed|survived|skipped)", log.strip().rpartition("\n")[2])
        if len(last) == 4:
            killed, others, survived, _ = map(int, last)
            figures["mutants"] = f"{killed + others} of {killed + others + survived}"
        else:
            figures["mutants"] = "cut off"
    else:
        figures, seeds = chance(folder)
    if cell["what"] == "all":
        numbers = (folder / "counts").read_text(encoding="utf-8").split()
        figures |= dict(zip(("passed", "failed", "skipped"), numbers))
    return Run(cell, figures, seeds)


def table(runs: list[Run]) -> list[str]:
    """The lines of the table, the sums, and what repeats what chance decided."""
    rows = [COLUMNS]
    for run in runs:
        known = {**run.figures, **run.cell, "run": run.cell["what"]}
        rows.append(tuple(known.get(column, NONE) for column in COLUMNS))
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in rows]

    def total(column: str) -> int:
        return sum(int(run.figures[column]) for run in runs
                   if run.figures.get(column, NONE) != NONE)
    lines += ["", f"in all: {total('passed')} passed, {total('failed')} failed, "
              f"{total('skipped')} skipped; {total('rounds')} rounds of binding, use and unbinding; "
              f"{total('allocations')} allocations failed; {total('calls')} calls at random", "",
              "rounds of each race, and calls, by their seeds (IOMEM_SEED):"]
    for run in runs:
        if run.seeds:
            lines.append(f"  {run.cell['release']}, {run.cell['what']}")
            lines += [f"    {seed}" for seed in run.seeds]
    return lines


def key(run: Run) -> tuple[str, ...]:
    """What a run is one of."""
    return tuple(run.cell[name] for name in ("release", "arch", "kernel", "what"))


def kind_of(run: Run) -> int:
    """Where the rows of its kind are."""
    return ["all", "long", "mutants"].index(run.cell["what"])


def rows_of(path: Path) -> list[Run]:
    """The runs that are between the marks of a page."""
    block = path.read_text(encoding="utf-8").split(BEGIN + "\n", 1)[1].split(END + "\n", 1)[0]
    runs: list[Run] = []
    seeds: list[str] | None = None
    for line in block.splitlines():
        cells = re.split(r" {2,}", line.strip())
        if len(cells) == len(COLUMNS) and tuple(cells) != COLUMNS:
            cell = dict(zip(COLUMNS, cells))
            cell["what"] = cell.pop("run")
            figures = {column: cell.pop(column) for column in COLUMNS if column in FIGURES}
            runs.append(Run(cell, figures, []))
        elif title := re.match(r" {6}(\S+), (\w+)$", line):
            seeds = next((run.seeds for run in runs
                          if (run.cell["release"], run.cell["what"]) == title.groups()), None)
        elif seeds is not None and line.startswith(" " * 8):
            seeds.append(line.strip())
    return runs


def write(path: Path, lines: list[str]) -> None:
    """Puts the lines between the marks of a page, as a literal block."""
    head, rest = path.read_text(encoding="utf-8").split(BEGIN + "\n", 1)
    tail = rest.split(END + "\n", 1)[1]
    block = "\n".join(f"    {line}".rstrip() for line in lines)
    path.write_text(f"{head}{BEGIN}\n\n::\n\n{block}\n\n{END}\n{tail}", encoding="utf-8")


def main() -> int:
    args = argparse.ArgumentParser(description="one table of what has been tried")
    args.add_argument("--kunit", type=Path, help="tools/testing/kunit of a kernel's source")
    args.add_argument("--count", action="store_true", help="count the checks of runs, and no table")
    args.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    args.add_argument("folders", nargs="+", type=Path)
    options = args.parse_args()
    if options.count:
        ktap = Ktap(options.kunit)
        for folder in options.folders:
            count(ktap, folder)
        return 0
    runs = [read(cell.parent) for folder in options.folders for cell in sorted(folder.glob("*/*/cell"))]
    # The kernel most people have first, and on each first what a person would run first.
    suites = ["trixie", "sid", "experimental"]
    runs.sort(key=lambda run: (kind_of(run), suites.index(run.cell["suite"]) if run.cell["suite"] in suites else 9,
                               ["stock", "rt", "cloud", "16k", "debug", "kcsan"].index(run.cell["kernel"]),
                               run.cell["arch"] != "x86_64"))
    if options.write:
        # A row of the page does not say its suite: it stays at its place, or is replaced there.
        again = {key(run): run for run in runs}
        runs = [again.pop(key(run), run) for run in rows_of(PAGE)] + list(again.values())
        runs.sort(key=kind_of)
    lines = table(runs)
    print("\n".join(lines))
    if options.write:
        write(PAGE, lines)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as problem:
        print(f"figures: what was kept cannot be read: {problem!r}", file=sys.stderr)
        sys.exit(125)
