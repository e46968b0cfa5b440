# SPDX-License-Identifier: GPL-2.0
"""What the host saw: witnesses that nothing in the guest can fool.

QEMU's trace tells each access to a device, with its address, width and value. A
test program marks a place in it by writing a number to the inversion register
of `edu`, before and after what is to be looked at (tests/edu.c, tests/kmod). The shared
memory of `ivshmem` is a file of the host.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tally import Tally

INVERT = 0x04
MARK_END = 0x10e3ffff

# What has to be between a mark and the next: direction, offset into the device, width.
EXPECTED = {
    0x10e30001: ("32-bit read is one access", [("read", 0x00, 4)]),
    0x10e30002: ("32-bit write is one access", [("write", 0x80, 4)]),
    0x10e30003: ("64-bit read is one access", [("read", 0x80, 8)]),
    0x10e30004: ("page offset leads to that page", [("read", 0x1010, 4), ("read", 0x1020, 4)]),
    # From within the kernel (tests/kmod).
    0x10e31001: ("kernel: 32-bit read is one access", [("read", 0x00, 4)]),
    0x10e31002: ("kernel: 32-bit write is one access", [("write", 0x80, 4)]),
    0x10e31003: ("kernel: 64-bit read is one access", [("read", 0x80, 8)]),
    0x10e31004: ("kernel: a refused access is none", []),
}

ACCESS = re.compile(r"memory_region_ops_(read|write) cpu \d+ mr 0x[0-9a-f]+ addr 0x([0-9a-f]+) "
                    r"value 0x([0-9a-f]+) size (\d+) name 'edu-mmio'")


@dataclass(frozen=True)
class Access:
    """One access to the device, as QEMU tells it."""

    kind: str
    address: int
    value: int
    width: int


def accesses(trace: Path) -> list[Access]:
    """All accesses to `edu`, in order."""
    found = []
    with trace.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := ACCESS.search(line):
                found.append(Access(match[1], int(match[2], 16), int(match[3], 16), int(match[4])))
    return found


def marked(log: list[Access]) -> dict[int, tuple[int, list[Access]]]:
    """For each mark: where the device is, and the accesses between it and its end."""
    found = {}
    mark, base, between = 0, 0, []
    for access in log:
        if access.kind == "write" and access.value in EXPECTED:
            mark, base, between = access.value, access.address - INVERT, []
        elif mark and access.kind == "write" and access.value == MARK_END:
            found[mark] = (base, between)
            mark = 0
        elif mark:
            between.append(access)
    return found


def look(folder: Path) -> Tally:
    """The checks on what one run left in `folder`."""
    tally = Tally()
    found = marked(accesses(folder / "trace.log"))
    for mark, (name, wanted) in EXPECTED.items():
        if mark not in found:
            tally.failed.append(f"trace: {name}: its marks are not in the trace")
            continue
        base, between = found[mark]
        seen = [(access.kind, access.address - base, access.width) for access in between]
        if seen == wanted:
            tally.passed.append(f"trace: {name}")
        else:
            tally.failed.append(f"trace: {name}: wanted {wanted}, the trace has {seen}")

    memory = (folder / "ivshmem").read_bytes()
    pattern = (folder / "pattern").read_bytes()
    answer = (folder / "answer").read_bytes()
    half = len(memory) // 2
    tally.add("shared memory: what the guest wrote is in the host's file",
              memory[half:half + len(answer)] == answer)
    tally.add("shared memory: what the host wrote is still there", memory.startswith(pattern))
    tally.add("shared memory: nothing else was written",
              not any(memory[len(pattern):half]) and not any(memory[half + len(answer):]))
    return tally
