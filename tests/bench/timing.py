# SPDX-License-Identifier: GPL-2.0
"""What the module of the benchmarks measured on one window."""

import re
from collections.abc import Callable
from pathlib import Path

from objcode import Broken

_LINE = re.compile(r"time (\w+) (-?\d+) (-?\d+) (-?\d+)")

# What moves 4 KiB; all others are one access.
_BLOCKS = ("words_in", "words_in_relaxed", "words_in_rep", "words_out", "words_out_relaxed",
           "words_out_rep", "copy_from", "copy_to", "fill")

_WINDOWS = {"ivshmem": "RAM-backed (ivshmem BAR 2)", "edu": "device-backed (edu BAR 0)"}

_EXPLAINED = """\
In nanoseconds of a clock that counts instructions, 1 ns each (-icount shift=0): what
runs, however long a device takes to answer. One access, without the loop around it."""

_EXPLAINED_BLOCKS = """\
The same for 4 KiB: 1024 words in a loop over single accesses, ordered and relaxed; in one
repeated access to one register; and copied from, copied to and filled in one call."""

Table = Callable[[tuple[str, ...], list[tuple[str, ...]]], None]


def _lines(rows: list[tuple[str, tuple[int, int, int]]], digits: int) -> list[tuple[str, ...]]:
    def cell(picoseconds: int) -> str:
        return f"{picoseconds / 1000:.{digits}f}" if picoseconds >= 0 else "-"

    lines = []
    for name, (library, plain, crate) in rows:
        ratio = f"{library / plain:.2f}" if library >= 0 and plain > 0 else "-"
        lines.append((name, cell(library), cell(plain), cell(crate), ratio))
    return lines


def report(arch: str, log: Path, table: Table) -> None:
    """Prints the tables of one window."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if not re.search(r"^done$", text, re.M):
        raise Broken(f"the module did not come to its end: see {log}")
    rows = [(match[1], (int(match[2]), int(match[3]), int(match[4])))
            for match in _LINE.finditer(text)]
    head = ("access", "library", "C", "crate", "library/C")
    print(f"\nTime on a {_WINDOWS[log.stem]} window, {arch}\n\n{_EXPLAINED}\n")
    table(head, _lines([row for row in rows if row[0] not in _BLOCKS], 2))
    print(f"\n{_EXPLAINED_BLOCKS}\n")
    table(("4 KiB", *head[1:]), _lines([row for row in rows if row[0] in _BLOCKS], 0))
