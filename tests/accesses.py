# SPDX-License-Identifier: GPL-2.0
"""The accesses that have to be in QEMU's trace, between a mark and its end.

The marks are those of tests/edu.c and tests/kmod. An access is: device, direction,
offset in the device, width in bytes, value (None: any). Every access to a device of
REGIONS counts, so that one too many is seen as well.
"""

# The names that QEMU gives the regions of the devices that are looked at.
REGIONS = {
    "edu-mmio": "edu",
    "pci-testdev-mmio": "testdev",
    "pci-testdev-portio": "testports",
    "bochs dispi interface": "bochs",
    "virtio-pci": "virtio",
}

# Where ports are memory, a bridge has them in a window that begins at a multiple of 64 KiB.
PORT_DEVICES = ("testports", "virtio")
PORT_MASK = 0xffff

BOTH = ("x86_64", "arm64")

SOURCE, TARGET = 0x80, 0x88
LONG, SWAPPED = 0x1122334455667788, 0x8877665544332211


def edu(*accesses):
    """Accesses to edu, each without the device's name."""
    return [("edu", *access) for access in accesses]


def one(device, kind, offset, width, value=None):
    """A single access."""
    return [(device, kind, offset, width, value)]


USER = {
    0x10e30001: ("32-bit read is one access", edu(("read", 0x00, 4, None))),
    0x10e30002: ("32-bit write is one access", edu(("write", 0x80, 4, None))),
    0x10e30003: ("64-bit read is one access", edu(("read", 0x80, 8, None))),
    0x10e30004: ("page offset leads to that page",
                 edu(("read", 0x4010, 4, None), ("read", 0x4020, 4, None))),
}

# tests/kmod/mapping.rs
MAPPING = {
    0x10e31001: ("kernel: 32-bit read is one access", edu(("read", 0x00, 4, None))),
    0x10e31002: ("kernel: 32-bit write is one access", edu(("write", 0x80, 4, None))),
    0x10e31003: ("kernel: 64-bit read is one access", edu(("read", 0x80, 8, None))),
    0x10e31004: ("kernel: a refused access is none", []),
}

# By a debugger (tests/vma_ops.c).
DEBUGGER = {
    0x10e35001: ("debugger: 4 bytes are one read", edu(("read", 0x00, 4, None))),
    0x10e35002: ("debugger: 8 bytes are one read", edu(("read", 0x80, 8, None))),
    0x10e35003: ("debugger: 4 bytes are one write", edu(("write", 0x80, 4, None))),
    0x10e35004: ("debugger: 12 bytes are two reads",
                 edu(("read", 0x84, 4, None), ("read", 0x88, 8, None))),
}

# By a debugger, through a window of the driver's (tests/debugger.c).
WINDOW = {
    0x10e3c001: ("debugger: registers of 4 bytes are read one by one",
                 edu(("read", 0x00, 4, 0x010000ed),
                     *[("read", SOURCE + at, 4, None) for at in (0, 4, 0, 4, 8)])),
    0x10e3c002: ("debugger: registers of 4 bytes are written one by one",
                 edu(("write", SOURCE, 4, 0x11), ("write", SOURCE + 4, 4, 0x22))),
    0x10e3c003: ("debugger: a refused access is none", []),
    0x10e3c004: ("debugger: what is beyond the region is not accessed", []),
    0x10e3c005: ("ptrace: a word is two registers of 4 bytes",
                 edu(("read", SOURCE, 4, 0x44), ("read", SOURCE + 4, 4, None),
                     ("write", SOURCE, 4, 0x66), ("write", SOURCE + 4, 4, 0x77))),
    0x10e3c008: ("debugger: of a word across the end of the region, no half is accessed", []),
    0x10e3c006: ("debugger: a width that it chose is that of the access",
                 edu(("read", 0x00, 4, 0x010000ed), ("read", SOURCE, 8, None),
                     *[("read", SOURCE + at, 4, None) for at in (0, 4, 8)])),
    0x10e3c007: ("debugger: by a file that may not choose, no access", []),
    0x10e3c009: ("debugger: what the program itself may not read is not accessed", []),
}

# By call (tests/registers.c).
CALLS = {
    0x10e36001: ("pread of 4 bytes is one access", edu(("read", 0x00, 4, 0x010000ed))),
    0x10e36002: ("pwrite of 4 bytes is one access", edu(("write", SOURCE, 4, 0xcafe))),
    0x10e36003: ("pread of 8 bytes is one access", edu(("read", SOURCE, 8, 0xcafe))),
    0x10e36004: ("pwrite of 8 bytes is one access", edu(("write", TARGET, 8, LONG))),
    0x10e36005: ("a long pread is a series",
                 edu(*[("read", SOURCE + at, 4, None) for at in (0, 4, 8)])),
    0x10e36006: ("a long pwrite is a series",
                 edu(*[("write", SOURCE + 4 * at, 4, at + 1) for at in (0, 1, 2)])),
    0x10e36007: ("a refused call is no access", []),
    0x10e36008: ("read and write follow the position",
                 edu(("read", SOURCE, 4, 5), ("read", SOURCE + 4, 4, None),
                     ("read", 0x00, 4, None), ("write", TARGET, 8, 5))),
    0x10e36009: ("a series has as many accesses as registers",
                 edu(*[("read", 4 * n, 4, None) for n in range(66)])),
    0x10e3600a: ("a register whose value cannot be delivered is not read", []),
    0x10e3600b: ("of a series, the registers are read that there is memory for",
                 edu(("read", SOURCE, 4, 1), ("read", SOURCE, 4, 1), ("read", SOURCE + 4, 4, None),
                     *[("read", 4 * n, 4, None) for n in range(65)])),
    0x10e3600c: ("of a series, the registers are written that there are values for",
                 edu(*[("write", SOURCE, 4, 1)] * 3)),
}

# Many in one call (tests/batch.c).
BATCH = {
    0x10e37001: ("batch: each operation is its accesses",
                 edu(("write", SOURCE, 4, 0xf0), ("read", SOURCE, 4, 0xf0),
                     ("write", SOURCE, 4, 0x0f), ("read", SOURCE, 4, 0x0f),
                     ("write", TARGET, 8, LONG), ("read", TARGET, 8, LONG),
                     ("read", SOURCE, 4, 0x0f))),
    0x10e37002: ("batch: a mistake is no access", []),
    0x10e37004: ("batch: a wait of no time is one read", edu(("read", SOURCE, 4, 0))),
}

# By those who look into debugfs, and what is traced (tests/see.c).
SEEN = {
    0x10e3a001: ("registers in debugfs are read once each",
                 edu(*[("read", 4 * n, 4, None) for n in range(66)])),
    0x10e3a002: ("a register in debugfs is read alone", edu(("read", SOURCE, 4, 0x12345678))),
    0x10e3a003: ("a refused read in debugfs is no access", []),
    0x10e3a005: ("a row in debugfs that cannot be delivered is no access", []),
    0x10e3a006: ("rows in debugfs are those that there is memory for",
                 edu(("read", SOURCE, 4, None), ("read", SOURCE + 4, 4, None))),
    0x10e3a004: ("accesses are as their events say",
                 edu(("read", 0x00, 4, 0x010000ed), ("write", SOURCE, 8, LONG),
                     ("read", SOURCE, 4, None), ("write", SOURCE, 4, 0x55664288),
                     ("read", SOURCE, 4, 0x55664288), ("read", SOURCE, 4, 0x55664288))),
}

SERIES = edu(("write", SOURCE, 4, 1), ("write", TARGET, 4, 2), ("read", SOURCE, 4, 1),
             ("write", SOURCE, 4, 3), ("read", TARGET, 4, 2))

# tests/kmod/access.rs. pci-testdev takes bytes one at a time, the display 16 bits, edu 32 and 64.
ACCESS = {
    0x01: ("read8", one("testdev", "read", 0x04, 1)),
    0x02: ("read8, relaxed", one("testdev", "read", 0x04, 1)),
    0x03: ("write8", one("testdev", "write", 0x21, 1, 0x5a)),
    0x04: ("write8, relaxed", one("testdev", "write", 0x22, 1, 0x5b)),
    0x05: ("read16", one("bochs", "read", 0x500, 2)),
    0x06: ("read16, relaxed", one("bochs", "read", 0x500, 2)),
    0x07: ("read16, big-endian", one("bochs", "read", 0x500, 2)),
    0x08: ("read16, relaxed, big-endian", one("bochs", "read", 0x500, 2)),
    0x09: ("write16", one("bochs", "write", 0x510, 2, 0x0102)),
    0x0a: ("write16, relaxed", one("bochs", "write", 0x510, 2, 0x0304)),
    0x0b: ("write16, big-endian", one("bochs", "write", 0x510, 2, 0x0605)),
    0x0c: ("write16, relaxed, big-endian", one("bochs", "write", 0x510, 2, 0x0807)),
    0x0d: ("write32", one("edu", "write", SOURCE, 4, 0x11223344)),
    0x0e: ("read32", one("edu", "read", SOURCE, 4, 0x11223344)),
    0x0f: ("read32, relaxed", one("edu", "read", SOURCE, 4, 0x11223344)),
    0x10: ("read32, big-endian", one("edu", "read", SOURCE, 4, 0x11223344)),
    0x11: ("read32, relaxed, big-endian", one("edu", "read", SOURCE, 4, 0x11223344)),
    0x12: ("write32, relaxed", one("edu", "write", SOURCE, 4, 0x55667788)),
    0x13: ("write32, big-endian", one("edu", "write", SOURCE, 4, 0x88776655)),
    0x14: ("write32, relaxed, big-endian", one("edu", "write", SOURCE, 4, 0x88776655)),
    0x15: ("write64", one("edu", "write", TARGET, 8, LONG)),
    0x16: ("read64", one("edu", "read", TARGET, 8, LONG)),
    0x17: ("read64, relaxed", one("edu", "read", TARGET, 8, LONG)),
    0x18: ("read64, big-endian", one("edu", "read", TARGET, 8, LONG)),
    0x19: ("read64, relaxed, big-endian", one("edu", "read", TARGET, 8, LONG)),
    0x1a: ("write64, relaxed", one("edu", "write", TARGET, 8, LONG)),
    0x1b: ("write64, big-endian", one("edu", "write", TARGET, 8, SWAPPED)),
    0x1c: ("write64, relaxed, big-endian", one("edu", "write", TARGET, 8, SWAPPED)),
    0x20: ("update is a read and a write",
           edu(("read", SOURCE, 4, 0xf0), ("write", SOURCE, 4, 0xff))),
    0x21: ("ordered accesses keep their order", SERIES),
    0x22: ("relaxed accesses of a device keep their order", SERIES),
    0x23: ("try_write32", one("edu", "write", SOURCE, 4, 7)),
    0x30: ("read_rep of 32 bits", edu(*[("read", SOURCE, 4, 0xcafef00d)] * 3)),
    0x31: ("write_rep of 32 bits", edu(*[("write", SOURCE, 4, n) for n in (1, 2, 3)])),
    0x32: ("read_rep of 64 bits", edu(*[("read", TARGET, 8, None)] * 2)),
    0x33: ("write_rep of 64 bits",
           edu(*[("write", TARGET, 8, n) for n in (0x100000002, 0x300000004)])),
    0x34: ("read_rep of 16 bits", one("bochs", "read", 0x500, 2) * 3),
    0x35: ("write_rep of 16 bits", [("bochs", "write", 0x510, 2, n) for n in (8, 16, 0)]),
    0x36: ("read_rep of 8 bits", one("testdev", "read", 0x04, 1) * 3),
    0x37: ("write_rep of 8 bits", [("testdev", "write", 0x21, 1, n) for n in (1, 2, 3)]),
    0x38: ("repeats of nothing are no access", []),
    0x39: ("try_read_rep", edu(*[("read", SOURCE, 4, 3)] * 3)),
    0x3a: ("try_write_rep", edu(*[("write", SOURCE, 4, 3)] * 3)),
    0x40: ("set is one write", one("edu", "write", SOURCE, 4, 0x10)),
    0x41: ("take is one read", one("edu", "read", SOURCE, 4, 0x10)),
    0x42: ("modify is a read and a write",
           edu(("read", SOURCE, 4, 0x10), ("write", SOURCE, 4, 0x11))),
    0x43: ("three tries are three reads", edu(*[("read", SOURCE, 4, 0x11)] * 3)),
    0x44: ("a refused wait is no access", []),
    0x50: ("a part begins at its offset", one("edu", "write", TARGET, 4, 0x55)),
    0x51: ("whatever does not fit is no access", []),
}

def virtio(kind, offset, width, value=None, times=1):
    """Accesses to the ports that virtio has for old drivers."""
    return one("virtio", kind, offset, width, value) * times


def testports(kind, offset, *values):
    """Accesses to pci-testdev's ports, a byte at a time."""
    return [("testports", kind, offset, 1, value) for value in values]


# tests/kmod/ports.rs: directly, and through ioport_map().
PORTS = {
    0x01: ("inb", testports("read", 0x04, None)),
    0x02: ("outb", testports("write", 0x21, 0x5a)),
    0x03: ("inw", virtio("read", 0x0c, 2)),
    0x04: ("outw", virtio("write", 0x0e, 2, 0)),
    0x05: ("inl", virtio("read", 0x00, 4)),
    0x06: ("outl", virtio("write", 0x04, 4, 0)),
    0x07: ("insb", testports("read", 0x04, None, None, None)),
    0x08: ("outsb", testports("write", 0x21, 1, 2, 3)),
    0x09: ("insw", virtio("read", 0x0c, 2, times=2)),
    0x0a: ("outsw", virtio("write", 0x0e, 2, 0, times=2)),
    0x0b: ("insl", virtio("read", 0x00, 4, times=2)),
    0x0c: ("outsl", virtio("write", 0x04, 4, 0, times=2)),
    0x0d: ("a refused port access is none", []),
    0x11: ("ioread8 at a port", testports("read", 0x04, None)),
    0x12: ("iowrite8 at a port", testports("write", 0x21, 0x5a)),
    0x13: ("ioread16 at a port", virtio("read", 0x0c, 2)),
    0x14: ("iowrite16 at a port", virtio("write", 0x0e, 2, 0)),
    0x15: ("ioread32 at a port", virtio("read", 0x00, 4)),
    0x16: ("iowrite32 at a port", virtio("write", 0x04, 4, 0)),
    0x17: ("ioread16be at a port", virtio("read", 0x0c, 2)),
    0x18: ("ioread32be at a port", virtio("read", 0x00, 4)),
    0x19: ("iowrite32be at a port", virtio("write", 0x04, 4, 0x01000000)),
    0x1a: ("ioread8_rep at a port", testports("read", 0x04, None, None, None)),
    0x1b: ("iowrite8_rep at a port", testports("write", 0x21, 1, 2, 3)),
    0x1c: ("ioread16_rep at a port", virtio("read", 0x0c, 2, times=2)),
    0x1d: ("ioread32_rep at a port", virtio("read", 0x00, 4, times=2)),
    0x20: ("ioread and iowrite in memory",
           edu(("read", 0x00, 4, 0x010000ed), ("read", 0x00, 4, 0x010000ed),
               ("write", SOURCE, 4, 0x44332211), ("write", SOURCE, 4, 0x11223344),
               ("write", SOURCE, 4, 1), ("write", SOURCE, 4, 2))),
}

EXPECTED = {
    **{mark: (name, BOTH, wanted)
       for mark, (name, wanted) in (USER | MAPPING | DEBUGGER | WINDOW | CALLS | BATCH | SEEN).items()},
    **{0x10e32000 + mark: (f"kernel: {name}", BOTH, wanted)
       for mark, (name, wanted) in ACCESS.items()},
    **{0x10e33000 + mark: (f"kernel: {name}", BOTH, wanted)
       for mark, (name, wanted) in PORTS.items()},
}
