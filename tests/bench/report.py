#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints what accesses cost: tests/bench/run tells it where to look.

Exit status: 0 if an access at a constant offset costs no more instructions than in
C, and a mapping no more than it may; 1 if one does, 125 if something could not be read.
"""

import argparse
import sys
from pathlib import Path

# The tests' own KTAP.
sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

import accessors
import objcode
import timing
from accessors import Row
from costs import Check, Costs
from ktap import Results

EXPLAINED = """\
Instructions and bytes of a function that makes one access, its argument a pointer to
what a driver keeps of its device: the address is loaded from there. With the helpers
that it calls, which the note names for the library and the kernel crate. Not counted:
what a function that does nothing has too, such as the return (tests/bench/objcode.py)."""


def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    """Prints aligned columns: the first and the last to the left, numbers to the right."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    for line in [head, *lines]:
        cells = [text.ljust(width) if column in (0, len(head) - 1) and head[-1] == "note"
                 or column == 0 else text.rjust(width)
                 for column, (text, width) in enumerate(zip(line, widths))]
        print(("  " + "  ".join(cells)).rstrip())


def note(row: Row) -> str:
    """What is called, and by which form."""
    return "; ".join(f"{form}: {row.forms[form].note()}" for form in accessors.FORMS
                     if form in row.forms and row.forms[form].note())


def object_code(arch: str, release: str, rows: list[Row]) -> None:
    """The table of part one."""
    print(f"\nObject code, {arch} (Linux {release})\n\n{EXPLAINED}\n")
    lines = []
    for row in rows:
        cells = []
        for form in accessors.FORMS:
            cost = row.forms.get(form)
            cells += [str(cost.instructions), str(cost.size)] if cost else ["-", "-"]
        ratio = row.ratio()
        lines.append((row.name, *cells, f"{ratio:.2f}" if ratio is not None else "-"))
    table(("access", "library", "bytes", "C", "bytes", "crate", "bytes", "library/C"), lines)
    notes = {row.name: note(row) for row in rows}
    if any(notes.values()):
        print("\n  Calls (instructions of the function called, where its object code is at hand):\n")
        for name, text in notes.items():
            if text:
                print(f"  {name:<16} {text}")


def ktap(rows: list[Row], checks: list[Check]) -> int:
    """A check for each access at a constant offset, and those of mappings."""
    results = Results(len(rows) + len(checks))
    for row in rows:
        problem = row.problem()
        results.check(f"{row.name}_costs_what_it_costs_in_c",
                      [problem, *row.listing()] if problem else [])
    for check in checks:
        if check.skipped:
            results.skip(check.name, check.skipped)
        else:
            results.check(check.name, check.problem)
    return results.finish()


def summary(rows: list[Row], checks: list[Check]) -> int:
    """The last word: the dearest access at a constant offset, and what of mappings does not hold."""
    dear = [row for row in rows if row.problem()]
    for row in dear:
        print(f"\n{row.name} is dearer than in C: {row.problem()}\n")
        print("\n".join(row.listing()))
    ratios = [ratio for row in rows if (ratio := row.ratio()) is not None]
    worst = f"{max(ratios):.2f}" if len(ratios) == len(rows) else "unknown, since forms are missing"
    print(f"\nworst ratio library/C of an access at a constant offset, in instructions: {worst}"
          f" ({len(rows)} accesses, {len(dear)} dearer than in C)")
    failed = [check for check in checks if check.problem]
    for check in failed:
        print(f"{check.name.replace('_', ' ')}: no, {check.problem}")
    print(f"{len(checks) - len(failed)} of {len(checks)} checks of mappings hold")
    return 1 if dear or failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="called by tests/bench/run")
    parser.add_argument("--arch", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--objdump", required=True)
    parser.add_argument("--module", required=True, type=Path, help="iomem_bench.ko")
    parser.add_argument("--helpers", action="append", type=Path, default=[],
                        help="object files that have functions which are called")
    parser.add_argument("--ktap", action="store_true", help="only the checks")
    parser.add_argument("--time", action="append", type=Path, default=[], metavar="WINDOW.log",
                        help="what the module said on a window")
    parser.add_argument("--programs", required=True, type=Path, metavar="LOG",
                        help="what the programs said")
    args = parser.parse_args()

    functions = objcode.read(args.objdump, args.arch, args.module)
    accessors.check_decoration(functions)
    helpers = {}
    for file in args.helpers:
        helpers.update(objcode.read(args.objdump, args.arch, file))
    constant = accessors.rows(functions, helpers, accessors.CONSTANT)
    costs = Costs(args.arch, args.programs)
    if args.ktap:
        return ktap(constant, costs.checks())
    object_code(args.arch, args.release,
                [*constant, *accessors.rows(functions, helpers, accessors.OTHERS)])
    for file in args.time:
        timing.report(args.arch, file, table)
    costs.tables(table)
    return summary(constant, costs.checks())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (objcode.Broken, OSError, ValueError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        sys.exit(125)
