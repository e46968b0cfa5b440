# SPDX-License-Identifier: GPL-2.0
"""Which checks fail in a run of some test programs: for scripts/mutants.

Prints a line for each, as tests/verdict.py calls it; `log`, `panic` or `time` if the kernel's log has
a warning, the kernel panicked or time was up; `suite` if the suite could not go on. What the host
saw is asked where something was to be seen: a run of some programs leaves no marks of others.
"""

import argparse
import re
import sys
from pathlib import Path

import verdict
import witness
from tally import Ktap

# What the suite's exit status says, in a word; 125 is none of the tree's failings.
ENDS = {0: None, 120: "log", 121: "panic", 124: "time"}

# What scripts/vm says of a line of the log that counts.
LOGGED = re.compile(r"^vm: log: (?!not ours)", re.M)

# Of what the host saw, what depends on programs that may not have run.
ABSENT = re.compile(r"its marks are not in the trace$|^(?!trace: )")


def failed(ktap: Ktap, folder: Path, programs: list[str], hosts: list[str]) -> list[str]:
    """The checks that failed; of all programs, if none is named."""
    status = int((folder / "suite.status").read_text())
    if status == 125:
        raise ValueError("the set-up is broken")
    found = [ENDS.get(status, "suite")]
    # What the kernel said before it came to another end.
    if status != 120 and LOGGED.search((folder / "vm.err").read_text(errors="replace")):
        found.append("log")
    # What /proc is like afterwards is always asked.
    names = dict.fromkeys((*programs, "proc")) if programs else verdict.PROGRAMS
    tallies = [tally for _, tally in verdict.programs(ktap, folder, names)]
    for tally in (*tallies, *(verdict.host(ktap, folder, group) for group in hosts)):
        # Without what KTAP calls it: "(failure)", "(crashed)".
        found += [re.sub(r" \([a-z ]+\)$", "", name) for name in tally.failed]
    try:
        seen = witness.look(folder).failed
    except OSError:
        # The machine came to its end before these were there.
        seen = []
    found += [name.split(": wanted ")[0] for name in seen
              if not programs or not ABSENT.search(name)]
    return [name for name in found if name]


def main() -> int:
    args = argparse.ArgumentParser(description="says which checks failed")
    args.add_argument("--kunit", required=True, type=Path,
                      help="tools/testing/kunit of a kernel's source")
    args.add_argument("--host", action="append", default=[], metavar="GROUP",
                      help="what ran on the host, too")
    args.add_argument("folder", type=Path)
    args.add_argument("programs", nargs="*")
    options = args.parse_args()
    for name in failed(Ktap(options.kunit), options.folder, options.programs, options.host):
        print(name)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ImportError, OSError, ValueError) as problem:
        print(f"mutants: the run left nothing that can be read: {problem}", file=sys.stderr)
        sys.exit(125)
