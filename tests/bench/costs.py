# SPDX-License-Identifier: GPL-2.0
"""What mapping, taking back and reading cost programs, as tests/bench/guest-programs measured it.

And what it may cost: `checks()`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from objcode import Broken

# How many times cheaper than mapping all at once 1 GiB has to be, to map and to take back.
TIMES_2_MIB = 40

# Ten times as many mappings may take this much more than ten times as long to take back, and some
# nanoseconds, since a single one takes hardly more than the difference between two rounds.
TOLERANCE = 1.1
SLACK = 2000

_GIB = 1 << 30
_SIZES = {4096: "4 KiB", 2 << 20: "2 MiB", 64 << 20: "64 MiB", _GIB: "1 GiB"}
_WAYS = {"here": "iomem_dev", "plain": "vm_iomap_memory",
         "mem": "/dev/mem"}
_READS = {"mapping": "mapping", "mem": "mapping of /dev/mem", "pread": "pread, each",
          "pread_series": "pread, all at once", "batch": "batch"}

_MAPPING = """\
Microseconds of a program that maps a window, reads 32 bits from each page, and unmaps it,
and of the task that takes the mapping back. Instruction time, as above: what a processor does,
not how long it waits for memory. The first touch is what it takes more than the second."""

_READING = """\
Nanoseconds of a program that reads registers of 32 bits, of RAM-backed memory (ivshmem): what
runs, however long a device takes to answer."""

_COUNTING = """\
Microseconds by which it takes longer to unbind the driver where so many mappings of a window
of 4 KiB are there than where none is."""

Table = Callable[[tuple[str, ...], list[tuple[str, ...]]], None]


@dataclass(frozen=True)
class Window:
    """A window mapped in one way, in nanoseconds."""

    map: int
    first: int
    again: int
    unmap: int
    revoke: int

    @property
    def touch(self) -> int:
        """The first touch, without the touching itself."""
        return max(self.first - self.again, 0)

    @property
    def all(self) -> int:
        return self.map + self.touch + self.unmap


@dataclass(frozen=True)
class Check:
    """Something that has to hold, and what is wrong with it, if anything is."""

    name: str
    problem: str
    # Why it cannot hold on this kernel, if so.
    skipped: str = ""


class Costs:
    """What was measured on one architecture."""

    def __init__(self, arch: str, log: Path) -> None:
        text = log.read_text(encoding="utf-8", errors="replace")
        if not re.search(r"^done$", text, re.M):
            raise Broken(f"measuring did not come to its end: see {log}")
        self.arch = arch
        self.no_huge_pages = re.search(r"^no huge pages$", text, re.M) is not None
        self.windows = {
            (int(match[2]), match[1]): Window(*map(int, match[3].split()))
            for match in re.finditer(r"^window (\w+) (\d+)((?: -?\d+){5})$", text, re.M)}
        self.reads = {match[1]: (int(match[2]), int(match[3]))
                      for match in re.finditer(r"^read (\w+) (\d+) (\d+)$", text, re.M)}
        self.counts = {int(match[1]): int(match[2])
                       for match in re.finditer(r"^count (\d+) (-?\d+)$", text, re.M)}

    def _cheaper(self, pages: str, way: str, times: int) -> list[Check]:
        """1 GiB in pages of one size, compared with mapping it all at once."""
        this, plain = self.windows.get((_GIB, way)), self.windows.get((_GIB, "plain"))
        if this is None or plain is None:
            raise Broken(f"1 GiB was not measured in pages of {pages}")
        checks = []
        for what, mine, other in (("cost", this.all, plain.all),
                                  ("are_taken_back_in", this.revoke, plain.revoke)):
            problem = ""
            skipped = "Linux 7.2 with NUMA has no huge pages in mappings" if self.no_huge_pages else ""
            if mine * times > other and not skipped:
                problem = (f"{mine} ns, and vm_iomap_memory {other} ns: {other / max(mine, 1):.1f}"
                           f" times as much, and it has to be {times}")
            checks.append(Check(f"pages_of_{pages}_{what}_a_{times}th", problem, skipped))
        return checks

    def checks(self) -> list[Check]:
        """What has to hold."""
        checks = self._cheaper("2_mib", "here", TIMES_2_MIB)
        if sorted(self.counts) != [1, 10, 100, 1000]:
            raise Broken("taking back 1, 10, 100 and 1000 mappings was not measured")
        for count in (10, 100, 1000):
            few, many = self.counts[count // 10], self.counts[count]
            problem = ""
            if few <= 0:
                problem = f"{count // 10} took {few} ns: nothing was measured"
            elif many > 10 * few * TOLERANCE + SLACK:
                problem = (f"{many} ns, and {count // 10} took {few} ns:"
                           f" {many / few:.1f} times as much for 10 times as many")
            checks.append(Check(f"taking_back_{count}_mappings_is_no_dearer_for_each", problem))
        return checks

    def tables(self, table: Table) -> None:
        """Prints all that was measured."""
        print(f"\nMapping a window, {self.arch}\n\n{_MAPPING}\n")
        lines = []
        for (length, way), this in sorted(self.windows.items(),
                                          key=lambda item: (item[0][0], [*_WAYS].index(item[0][1]))):
            plain = self.windows[length, "plain"]
            lines.append((f"{_SIZES[length]:<6}  {_WAYS[way]}", *map(_micro, (
                this.map, this.touch, this.unmap, this.all)), _times(plain.all, this.all),
                _micro(this.revoke), _times(plain.revoke, this.revoke)))
        table(("window  by", "map", "first touch", "unmap", "all", "plain/this", "take back",
               "plain/this"), lines)

        print(f"\nReading registers, {self.arch}\n\n{_READING}\n")
        table(("by", "one", "a hundred", "each of them"),
              [(text, _nano(self.reads[way][0], 1), _nano(self.reads[way][1], 0),
                _nano(self.reads[way][1] // 100, 1)) for way, text in _READS.items()])

        print(f"\nTaking mappings back, {self.arch}\n\n{_COUNTING}\n")
        table(("mappings", "all", "each"),
              [(str(count), _micro(cost), f"{cost / count / 1000:.2f}")
               for count, cost in sorted(self.counts.items())])


def _micro(nanoseconds: int) -> str:
    return f"{nanoseconds / 1000:.1f}"


def _nano(picoseconds: int, digits: int) -> str:
    return f"{picoseconds / 1000:.{digits}f}"


def _times(plain: int, this: int) -> str:
    """How many times as much: to two digits, at least."""
    if this <= 0:
        return "-"
    ratio = plain / this
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
