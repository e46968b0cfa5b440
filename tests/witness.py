# SPDX-License-Identifier: GPL-2.0
"""What the host saw: witnesses that nothing in the guest can fool.

QEMU's trace tells each access to a device, with its address, width and value. A
test program marks a place in it by writing a number to the inversion register
of `edu`, before and after what is to be looked at (tests/edu.c, tests/kmod); what
has to be there is in accesses.py. The shared memory of `ivshmem` is a file of the host.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import stamp
from accesses import EXPECTED, PORT_DEVICES, PORT_MASK, REGIONS
from tally import Tally

INVERT = 0x04
MARK_END = 0x10e3ffff

ACCESS = re.compile(r"memory_region_ops_(read|write) cpu \d+ mr 0x[0-9a-f]+ addr 0x([0-9a-f]+) "
                    r"value 0x([0-9a-f]+) size (\d+) name '([^']*)'")


@dataclass(frozen=True)
class Access:
    """One access to a device, as QEMU tells it."""

    kind: str
    address: int
    value: int
    width: int
    device: str


def accesses(trace: Path) -> list[Access]:
    """All accesses to the devices that are looked at, in order."""
    found = []
    with trace.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = ACCESS.search(line)
            if match and match[5] in REGIONS:
                found.append(Access(match[1], int(match[2], 16), int(match[3], 16), int(match[4]),
                                    REGIONS[match[5]]))
    return found


def marked(log: list[Access]) -> dict[int, list[Access]]:
    """For each mark, the accesses between it and its end."""
    found = {}
    mark, between = 0, []
    for access in log:
        if access.device == "edu" and access.kind == "write" and access.value in EXPECTED:
            mark, between = access.value, []
        elif mark and access.kind == "write" and access.value == MARK_END:
            found[mark] = between
            mark = 0
        elif mark:
            between.append(access)
    return found


def bases(suite: str) -> dict[str, int]:
    """Where the guest found each device: lines "@device NAME START"."""
    return {name: int(start, 0) for name, start in re.findall(r"^@device (\w+) (\S+)$", suite, re.M)}


def offset(access: Access, base: dict[str, int]) -> int:
    """Where in its device an access is."""
    distance = access.address - base.get(access.device, 0)
    return distance & PORT_MASK if access.device in PORT_DEVICES else distance


def same(seen: Access, base: dict[str, int], wanted: tuple) -> bool:
    """Whether an access is the one that was wanted; a value of None is any."""
    device, kind, place, width, value = wanted
    return (seen.device == device and seen.kind == kind and seen.width == width
            and offset(seen, base) == place and value in (None, seen.value))


def told(access: Access, base: dict[str, int]) -> str:
    """An access, in words."""
    return (f"{access.device} {access.kind}{8 * access.width} "
            f"at {offset(access, base):#x} of {access.value:#x}")


def arch_of(folder: Path) -> str:
    """Where a run was: its folder is called so, and behind it the kind of its kernel."""
    return folder.name.split("-")[0]


def trace(folder: Path, tally: Tally) -> None:
    """What is between the marks of QEMU's trace."""
    found = marked(accesses(folder / "trace.log"))
    suite = (folder / "suite.log").read_text(encoding="utf-8", errors="replace")
    base = bases(suite)
    for mark, (name, arches, wanted) in EXPECTED.items():
        if arch_of(folder) not in arches:
            continue
        if mark not in found:
            tally.failed.append(f"trace: {name}: its marks are not in the trace")
            continue
        seen = found[mark]
        if len(seen) == len(wanted) and all(map(same, seen, [base] * len(seen), wanted)):
            tally.passed.append(f"trace: {name}")
        else:
            tally.failed.append(f"trace: {name}: wanted {wanted}, the trace has "
                                f"{[told(access, base) for access in seen]}")


def copies() -> bytes:
    """What tests/kmod/access.rs leaves in the last page of the shared memory."""
    page = bytearray(4096)
    page[0x101:0x101 + 251] = bytes(7 * number & 0xff for number in range(251))
    page[0x203:0x203 + 33] = b"\xa5" * 33
    page[0x300:0x304] = b"\x44\x33\x22\x11"
    page[0x304:0x308] = b"\x11\x22\x33\x44"
    page[0x308:0x30a] = b"\x55\x66"
    page[0x30c:0x310] = b"\x01\x02\x03\x04"
    page[0x310] = 7
    return bytes(page)


def ports(folder: Path, tally: Tally) -> None:
    """What went through ports, from the host and to it (tests/kmod/ports.rs)."""
    greeting = (folder / "greeting").read_text(encoding="ascii")
    log = (folder / "console.log").read_text(encoding="utf-8", errors="replace")
    tally.add("fw_cfg: the guest read the string that the host chose",
              f"iomem_test_ports: greeting: {greeting}" in log)
    if arch_of(folder) == "x86_64":
        tally.add("debugcon: what the guest wrote to the port is in the host's file",
                  (folder / "debugcon").read_bytes()
                  == b"iomem wrote this, byte by byte\nand this at once\nA")


def named_devices(folder: Path, tally: Tally) -> None:
    """What went through windows that firmware describes (tests/devicetree.c, tests/acpi.c)."""
    if arch_of(folder) == "arm64":
        flash = (folder / "flash").read_bytes().rstrip(b"\0").decode("ascii")
        suite = (folder / "suite.log").read_text(encoding="utf-8", errors="replace")
        tally.add("flash: the guest read what is in the host's file", f"flash: {flash}." in suite)


def stamped(folder: Path, tally: Tally) -> None:
    """What random windows have left of the memory that says its own address (tests/oracle.c)."""
    said = (folder / "suite.log").read_text(encoding="utf-8", errors="replace")
    missing, strange = stamp.compare(folder / "stamped", said)
    for name, found in (("each write arrived at its place", missing), ("nothing else was written", strange)):
        tally.add(f"stamped memory: {name}" + ": " * bool(found) + ", ".join(found), not found)


def look(folder: Path) -> Tally:
    """The checks on what one run left in `folder`."""
    tally = Tally()
    trace(folder, tally)
    ports(folder, tally)
    named_devices(folder, tally)
    stamped(folder, tally)

    memory = (folder / "ivshmem").read_bytes()
    pattern = (folder / "pattern").read_bytes()
    answer = (folder / "answer").read_bytes()
    half, last = len(memory) // 2, len(memory) - 4096
    tally.add("shared memory: what the guest wrote is in the host's file",
              memory[half:half + len(answer)] == answer)
    tally.add("shared memory: what the host wrote is still there", memory.startswith(pattern))
    tally.add("shared memory: copies are in the host's file, byte for byte",
              memory[last:] == copies())
    tally.add("shared memory: nothing else was written",
              not any(memory[len(pattern):half]) and not any(memory[half + len(answer):last]))
    return tally
