#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shared memory that says its own address: the host's side of tests/oracle.c.

usage: stamp.py FILE
       stamp.py --compare FILE LOG

Makes FILE, of 1 GiB, of which every 8 bytes hold their own offset in it, in a form that any byte of
theirs depends on: the number of the word, from 1, times an odd constant, the upper half then folded
into the lower one. The first 64 MiB are filled, and 16 KiB on either side of each further MiB, where
the huge pages of all page sizes begin and end. Between these are zeroes, which take no room.

After the run, the file must be that again, but for the bytes that the guest says, in LOG, it inverted.
"""

import argparse
import re
import sys
from array import array
from pathlib import Path

BYTES = 1 << 30
DENSE = 64 << 20
EDGE = 16 << 10
PIECE = 1 << 20

FACTOR = 0x9e3779b97f4a7c15
WORD = (1 << 64) - 1

# How many places are listed, at most.
MOST = 5


def words(start: int, length: int) -> bytes:
    """What is at `length` bytes from the offset `start` on, both multiples of 8, where it is filled."""
    first = (start // 8 + 1) * FACTOR
    products = range(first, first + length // 8 * FACTOR, FACTOR)
    block = int.from_bytes(array("Q", map(WORD.__and__, products)).tobytes(), sys.byteorder)
    lower = int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * (length // 8), "little")
    return (block ^ block >> 32 & lower).to_bytes(length, "little")


def piece(start: int) -> bytearray:
    """One MiB of the memory, as the host made it."""
    if start < DENSE:
        return bytearray(words(start, PIECE))
    between = bytes(PIECE - 2 * EDGE)
    return bytearray(words(start, EDGE) + between + words(start + PIECE - EDGE, EDGE))


def make(path: Path) -> None:
    """The file, before the run."""
    with path.open("wb") as file:
        file.truncate(BYTES)
        for start in range(0, BYTES, PIECE):
            filled = piece(start)
            file.seek(start)
            if start < DENSE:
                file.write(filled)
            else:
                file.write(filled[:EDGE])
                file.seek(start + PIECE - EDGE)
                file.write(filled[-EDGE:])


def inverted(said: str) -> dict[int, list[tuple[int, int]]]:
    """What the guest says it inverted, by the MiB: lines of "# inverted OFFSET+LENGTH...", hexadecimal."""
    found: dict[int, list[tuple[int, int]]] = {}
    for line in re.findall(r"^# inverted (.*)$", said, re.M):
        for place in line.split():
            start, length = (int(number, 16) for number in place.split("+"))
            while length:
                part = min(length, PIECE - start % PIECE)
                found.setdefault(start // PIECE, []).append((start % PIECE, part))
                start, length = start + part, length - part
    return found


def compare(path: Path, said: str) -> tuple[list[str], list[str]]:
    """Looks at the file after the run. Returns what did not arrive, and what else was written."""
    missing, strange = [], []
    writes = inverted(said)
    with path.open("rb") as file:
        for number in range(BYTES // PIECE):
            seen, wanted = file.read(PIECE), piece(number * PIECE)
            listed = bytearray(PIECE)
            for start, length in writes.get(number, ()):
                for at in range(start, start + length):
                    wanted[at] ^= 0xff
                    listed[at] = 1
            if seen == wanted:
                continue
            for at in range(PIECE):
                if seen[at:at + 1] != wanted[at:at + 1]:
                    where = missing if listed[at] else strange
                    where.append(f"{number * PIECE + at:#x} is {seen[at:at + 1].hex() or 'gone'}, "
                                 f"not {wanted[at]:02x}")
                    if len(where) > MOST:
                        return missing, strange
    return missing, strange


def main() -> int:
    args = argparse.ArgumentParser(description="shared memory that says its own address")
    args.add_argument("--compare", action="store_true", help="look at the file after the run")
    args.add_argument("file", type=Path)
    args.add_argument("log", type=Path, nargs="?", help="what the guest printed")
    options = args.parse_args()
    if not options.compare:
        make(options.file)
        return 0
    if not options.log:
        args.error("--compare wants a log")
    missing, strange = compare(options.file, options.log.read_text(encoding="utf-8", errors="replace"))
    for name, found in (("did not arrive", missing), ("was not to be written", strange)):
        for place in found:
            print(f"not ok: {name}: {place}")
    return 1 if missing or strange else 0


if __name__ == "__main__":
    sys.exit(main())
