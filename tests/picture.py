#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether the display shows what samples/user/picture.c was to draw. Prints KTAP.

usage: picture.py [--not-drawn] PHOTOGRAPH

The photograph is what QEMU made of its display, a PNG; that of the manual has to be the same picture. What
each pixel should be is computed here, from the definition of Mandelbrot's set.
"""

import struct
import sys
import zlib
from pathlib import Path

from ktap import Results

MANUAL = Path(__file__).resolve().parent.parent / "Documentation/samples/framebuffer.png"
# What the manual's picture may take.
MOST_BYTES = 50_000
WIDTH, HEIGHT = 640, 480
# The point at the middle of the plane, and the distance of two pixels, in units of 2^-28.
ZERO = (420, 240)
PIXEL = 1_200_000
ONE = 1 << 28
LIMIT = 32
Pixel = tuple[int, int, int]


def wanted(column: int, row: int) -> Pixel:
    """What a pixel should be: by how many times z = z*z + c leaves |z| within 2, and at most that many times."""
    real, imaginary = (column - ZERO[0]) * PIXEL, (row - ZERO[1]) * PIXEL
    a = b = count = 0
    while count < LIMIT:
        a_a, b_b = a * a // ONE, b * b // ONE
        if a_a + b_b > 4 * ONE:
            red, green, blue = 6 * count, 9 * count, 48 + 16 * count
            return min(red, 255), min(green, 255), min(blue, 255)
        a, b = a_a - b_b + real, 2 * a * b // ONE + imaginary
        count += 1
    return 0, 0, 0


def nearest(left: int, up: int, corner: int) -> int:
    """The predictor of Paeth: which of the three is nearest to left + up - corner."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def read(path: Path) -> tuple[int, int, list[bytes]]:
    """Width, height, and rows of three bytes per pixel, of a PNG of that kind, not interlaced."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("it is not a PNG")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks[kind] = chunks.get(kind, b"") + data[at + 8:at + 8 + length]
        at += length + 12
    width, height, *how = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if how != [8, 2, 0, 0, 0]:
        raise ValueError(f"it is a PNG of another kind: {how}")
    packed = zlib.decompress(chunks[b"IDAT"])
    stride = width * 3
    rows: list[bytes] = []
    above = bytes(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        kind, row = packed[start], bytearray(packed[start + 1:start + 1 + stride])
        for i, value in enumerate(row):
            left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            up = above[i]
            row[i] = (value + (0, left, up, (left + up) // 2, nearest(left, up, corner))[kind]) & 0xff
        above = bytes(row)
        rows.append(above)
    return width, height, rows


def problems(path: Path, picture: list[list[Pixel]]) -> list[str]:
    """How a photograph differs from the picture."""
    try:
        width, height, rows = read(path)
    except (OSError, ValueError, KeyError, IndexError, struct.error, zlib.error) as error:
        return [f"{path.name}: {error!r}"]
    if (width, height) != (WIDTH, HEIGHT):
        return [f"{path.name} has {width} by {height} pixels"]
    wrong = [(column, row, pixel, tuple(rows[row][column * 3:column * 3 + 3]))
             for row, line in enumerate(picture) for column, pixel in enumerate(line)
             if rows[row][column * 3:column * 3 + 3] != bytes(pixel)]
    return [f"{len(wrong)} of {WIDTH * HEIGHT} pixels of {path.name} are wrong: the first is ({column}, {row}), "
            f"{got} and not {pixel}" for column, row, pixel, got in wrong[:1]]


def main() -> int:
    match sys.argv[1:]:
        case [photograph]:
            drawn = True
        case ["--not-drawn", photograph]:
            drawn = False
        case _:
            raise SystemExit(__doc__)
    picture = [[wanted(column, row) for column in range(WIDTH)] for row in range(HEIGHT)]
    results = Results(3)
    if drawn:
        results.check("display_shows_what_was_drawn", problems(Path(photograph), picture))
    else:
        results.skip("display_shows_what_was_drawn", "the manual does not draw on this machine")
    results.check("the_manual_shows_the_same", problems(MANUAL, picture))
    size = MANUAL.stat().st_size if MANUAL.exists() else 0
    results.check("the_manuals_is_small", [f"it has {size} bytes"] if not 0 < size < MOST_BYTES else [])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
