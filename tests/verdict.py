#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reads what the runs of `tests/run` left, and says what passed.

To what the guest says of itself comes what the host saw: QEMU's trace, and the
other side of the shared memory.

Exit status: 0 if all is well; 121 if a kernel panicked, 124 if time was up, 125 if
the set-up was broken or the runs left nothing that can be read; 1 if a check failed
or was skipped that must not be.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import table
import witness
from tally import Ktap, Tally

# What the suite in the guest has to run, so that a missing program is a failure.
PROGRAMS = table.read_programs()

# Of messages of what failed, the last lines.
_MOST_SAID = 70

# Of checks that failed, so many are named once more at the end.
_MOST_NAMED = 30

# What the suite's exit status says beyond its own failing (scripts/vm --help).
STATUS = {120: "a warning is in the kernel log", 121: "the kernel panicked",
          124: "time was up", 125: "the set-up is broken"}


def programs(ktap: Ktap, folder: Path, names: Iterable[str] = PROGRAMS) -> list[tuple[str, Tally]]:
    """The test programs that ran in the guest, each with its checks."""
    text = (folder / "suite.log").read_text(encoding="utf-8", errors="replace")
    seen = {match[1]: match for match in
            re.finditer(r"^@begin (\w+)\n(.*?)^@end \1 (\d+)$", text, re.M | re.S)}
    groups = []
    for name in names:
        if name not in seen:
            groups.append((name, Tally(failed=[f"{name}: did not run to its end"])))
            continue
        tally = ktap.read(seen[name][2], name)
        status = int(seen[name][3])
        # 4 is kselftest's word for "all skipped".
        if status not in (0, 4) and not tally.failed:
            tally.failed.append(f"{name}: exit status {status}, though no check failed")
        groups.append((name, tally))
    return groups


def last_lines(path: Path) -> list[str]:
    """How a file of messages ends."""
    return path.read_text(errors="replace").splitlines()[-_MOST_SAID:] if path.exists() else []


def guest(folder: Path) -> Tally:
    """The run as a whole: how the suite ended, and the kernel's log."""
    status = int((folder / "suite.status").read_text())
    name = "guest: the suite ended well and the kernel's log is clean"
    if status:
        name += f" (status {status}: {STATUS.get(status, 'the suite itself failed')})"
    tally = Tally()
    tally.add(name, status == 0)
    if status:
        tally.said[name] = last_lines(folder / "suite.err")
    return tally


def host(ktap: Ktap, folder: Path, group: str) -> Tally:
    """A script that ran on the host and printed KTAP."""
    tally = ktap.read((folder / f"{group}.log").read_text(errors="replace"), group)
    status = int((folder / f"{group}.status").read_text())
    if status and not tally.failed:
        line = f"{group}: exit status {status}, though no check failed"
        tally.failed.append(line)
        tally.said[line] = last_lines(folder / f"{group}.err")
    return tally


def on_host(run: str, first: bool) -> list[table.Group]:
    """What runs on the host in a run; what does not depend on the architecture is with the first one."""
    return [group for group in table.read_groups()
            if table.is_of(group.runs, run) and (first or not group.once)]


def groups_of(ktap: Ktap, folder: Path, first: bool) -> list[tuple[str, Tally]]:
    """All that ran on one architecture, as the tables of programs, groups and skips have it."""
    run = folder.name
    groups = programs(ktap, folder)
    for name, tally in groups:
        table.plan(PROGRAMS[name], run, tally)
    groups += [("guest", guest(folder)), ("witness", witness.look(folder))]
    for group in on_host(run, first):
        tally = host(ktap, folder, group.name)
        table.floor(group, run, tally)
        groups.append((group.name, tally))
    skips = table.Skips.read(run)
    for _, tally in groups:
        skips.judge(tally)
    notes = Tally(notes=skips.unused({name for name, _ in groups}))
    return [*groups, ("tables", notes)] if notes.notes else groups


def report(arch: str, groups: list[tuple[str, Tally]]) -> Tally:
    """Prints the groups of one architecture and adds them up."""
    print(arch)
    total = Tally()
    for name, tally in groups:
        counts = [f"{len(tally.passed):>4} passed"]
        counts += [f"{len(tally.failed)} failed"] * bool(tally.failed)
        counts += [f"{len(tally.skipped)} skipped"] * bool(tally.skipped)
        print(f"  {name:<12}{', '.join(counts)}")
        for line in tally.failed:
            print(f"    FAILED  {line}")
            for said in tally.said.get(line, ()):
                print(f"      {said}")
        for line in tally.skipped:
            print(f"    skipped {line}")
        for line in tally.notes:
            print(f"    note    {line}")
        total += tally
    return total


def main() -> int:
    args = argparse.ArgumentParser(description="says what passed in the runs of tests/run")
    args.add_argument("--kunit", required=True, type=Path,
                      help="tools/testing/kunit of a kernel's source")
    args.add_argument("folders", nargs="+", type=Path, metavar="build/test/ARCH")
    options = args.parse_args()
    ktap = Ktap(options.kunit)

    total = Tally()
    for folder in options.folders:
        tally = report(folder.name, groups_of(ktap, folder, folder == options.folders[0]))
        if tally.failed:
            print(f"  what was printed and logged is in {folder}")
        total += tally
    if total.failed:
        print("Failed, with what they printed above:")
    for line in total.failed[:_MOST_NAMED]:
        print(f"  {line}")
    if len(total.failed) > _MOST_NAMED:
        print(f"  and {len(total.failed) - _MOST_NAMED} more")
    print(f"{len(total.passed)} passed, {len(total.failed)} failed, {len(total.skipped)} skipped")
    if not total.failed:
        return 0
    # How a run ended says more than that checks failed, as they then must.
    ends = {int((folder / "suite.status").read_text()) for folder in options.folders}
    return next((end for end in (125, 121, 124) if end in ends), 1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ImportError, OSError, ValueError) as problem:
        print(f"verdict: the runs left nothing that can be read: {problem}", file=sys.stderr)
        sys.exit(125)
