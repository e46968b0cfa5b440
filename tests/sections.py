#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""In which sections two 64-bit little-endian ELF files differ, and from which byte on: for tests/reproducible."""

import struct
import sys
from pathlib import Path

NOBITS = 8


def sections(path: str) -> dict[str, bytes]:
    """The contents of each section, by name. Some names are there more than once."""
    data = Path(path).read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return {"the whole file": data}
    table, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + at * size) for at in range(count)]
    found: dict[str, bytes] = {}
    for name, kind, _flags, _address, offset, length in headers:
        start = headers[names][4] + name
        text = data[start:data.index(b"\0", start)].decode()
        while text in found:
            text += "'"
        found[text] = b"" if kind == NOBITS else data[offset:offset + length]
    return found


def around(data: bytes, at: int) -> str:
    """A few bytes, as text."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data[max(at - 24, 0):at + 40])


def main() -> None:
    one, two = map(sections, sys.argv[1:3])
    for name in sorted(one.keys() ^ two.keys()):
        print(f"{name}: only in one of them")
    differ = [name for name in one if name in two and one[name] != two[name]]
    for name in differ:
        a, b = one[name], two[name]
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        print(f"{name}: {len(a)} and {len(b)} bytes, from byte {at} on: '{around(a, at)}' and '{around(b, at)}'")
    if not differ and one.keys() == two.keys():
        print("no section differs: what is between them does")


if __name__ == "__main__":
    main()
