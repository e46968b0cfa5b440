#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Draws Documentation/benchmarks-windows.svg from what `make bench` measured.

    tests/bench/picture.py build/bench/x86_64/programs.log build/bench/arm64/programs.log

writes it to stdout: what mapping, touching and unmapping a window costs against its length,
both axes in powers of ten, a panel for each log. No name of a colour scheme, so that it can be
read on light and on dark paper.
"""

import math
import sys
from pathlib import Path

from costs import Costs

_WAYS = {"mem": ("/dev/mem", "#c0392b"), "plain": ("vm_iomap_memory", "#d68910"),
         "here": ("iomem_dev", "#1e8449")}
_LENGTHS = {4096: "4 KiB", 2 << 20: "2 MiB", 64 << 20: "64 MiB", 1 << 30: "1 GiB"}
_TICKS = {10_000: "10 µs", 100_000: "100 µs", 1_000_000: "1 ms", 10_000_000: "10 ms",
          100_000_000: "100 ms"}
_WIDTH, _HEIGHT, _LEFT, _TOP = 330, 260, 60, 40


def _x(length: int) -> float:
    low, high = math.log(4096), math.log(1 << 30)
    return _LEFT + (math.log(length) - low) / (high - low) * _WIDTH


def _y(nanoseconds: int) -> float:
    low, high = math.log(7_000), math.log(500_000_000)
    return _TOP + _HEIGHT - (math.log(nanoseconds) - low) / (high - low) * _HEIGHT


def _panel(name: str, costs: Costs) -> list[str]:
    lines = [f'<text x="{_LEFT + _WIDTH / 2:.0f}" y="24" text-anchor="middle">{name}</text>']
    for value, text in _TICKS.items():
        lines.append(f'<path class="grid" d="M{_LEFT} {_y(value):.1f}h{_WIDTH}"/>'
                     f'<text x="{_LEFT - 6}" y="{_y(value) + 4:.1f}" text-anchor="end">{text}</text>')
    for length, text in _LENGTHS.items():
        lines.append(f'<text x="{_x(length):.1f}" y="{_TOP + _HEIGHT + 18}" '
                     f'text-anchor="middle">{text}</text>')
    for way, (_, colour) in _WAYS.items():
        points = [(_x(length), _y(costs.windows[length, way].all))
                  for length in _LENGTHS if (length, way) in costs.windows]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        lines.append(f'<path fill="none" stroke="{colour}" stroke-width="2" d="M{path}"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    return lines


def main() -> None:
    step = _LEFT + _WIDTH + 30
    logs = [Path(name) for name in sys.argv[1:]]
    width, height = step * len(logs) + 10, _TOP + _HEIGHT + 60
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
          'font-family="sans-serif" font-size="12">')
    print("<!-- SPDX-License-Identifier: GPL-2.0; made by tests/bench/picture.py -->")
    print("<style>text{fill:#777}.grid{stroke:#777;stroke-opacity:.3}</style>")
    for number, log in enumerate(logs):
        print(f'<g transform="translate({step * number} 0)">')
        print("\n".join(_panel(log.parent.name, Costs(log.parent.name, log))))
        print("</g>")
    x = _LEFT
    for text, colour in _WAYS.values():
        print(f'<circle cx="{x}" cy="{height - 18}" r="4" fill="{colour}"/>'
              f'<text x="{x + 10}" y="{height - 14}">{text}</text>')
        x += 40 + 7 * len(text)
    print("</svg>")


if __name__ == "__main__":
    main()
