# SPDX-License-Identifier: GPL-2.0
"""What is compared in object code, and what the comparison says."""

import re
from dataclasses import dataclass

from objcode import Broken, Code

# One access at a constant offset: here C's price is a promise.
CONSTANT = tuple(f"{direction}{width}{order}" for order in ("", "_relaxed")
                 for direction in ("read", "write") for width in (8, 16, 32, 64))

# What else is shown; some of it is a call in C too.
OTHERS = ("read32_be", "write32_be", "update32",
          "in8", "in16", "in32", "out8", "out16", "out32",
          "read8_rep", "read16_rep", "read32_rep", "write8_rep", "write16_rep", "write32_rep",
          "copy_from", "copy_to", "fill")

# The prefixes of the functions in tests/bench: this library, C, the kernel crate.
FORMS = ("library", "c", "crate")

_PANIC = re.compile(r"_R.*panic")


def short(target: str) -> str:
    """A function's name for a person: Rust's mangled names are long."""
    if _PANIC.match(target):
        return "panic"
    if target.startswith("_R"):
        words = re.findall(r"\d+([a-z_]\w*?)(?=\d|E|$)", target)
        return f"Rust's {words[-1]}" if words else "Rust"
    return target


@dataclass
class Cost:
    """One form of one access: what it is made of, with the functions that it calls."""

    code: Code
    # Those whose object code is at hand, and those whose is not.
    helpers: dict[str, Code]
    unknown: tuple[str, ...]

    @property
    def instructions(self) -> int:
        """Its own, and those of its helpers."""
        return self.code.instructions + sum(code.instructions for code in self.helpers.values())

    @property
    def size(self) -> int:
        """In bytes, likewise."""
        return self.code.size + sum(code.size for code in self.helpers.values())

    def note(self) -> str:
        """What it calls, each with its instructions where they are known."""
        calls = [f"{short(name)} ({code.instructions})" for name, code in self.helpers.items()]
        return ", ".join([*calls, *dict.fromkeys(short(name) for name in self.unknown)])


@dataclass
class Row:
    """One access in its forms; a form that does not exist is missing."""

    name: str
    forms: dict[str, Cost]

    def ratio(self) -> float | None:
        """Instructions of the library to those of C."""
        if "library" not in self.forms:
            return None
        return self.forms["library"].instructions / self.forms["c"].instructions

    def problem(self) -> str | None:
        """Why this is dearer than C, or nothing."""
        ratio = self.ratio()
        if ratio is None:
            return "the library's form is not there"
        library, plain = self.forms["library"], self.forms["c"]
        if ratio > 1:
            return f"{library.instructions} instructions, C has {plain.instructions}"
        # Not to be had for fewer instructions either.
        more = [short(name) for name in library.code.calls if name not in plain.code.calls]
        if more:
            return f"it calls {', '.join(more)}, C does not"
        return None

    def listing(self) -> list[str]:
        """The object code of all forms."""
        lines = []
        for form, cost in self.forms.items():
            lines += [f"{form}_{self.name}:", *(f"    {line}" for line in cost.code.lines)]
        return lines


def rows(functions: dict[str, Code], helpers: dict[str, Code],
         names: tuple[str, ...]) -> list[Row]:
    """The accesses called `names`, out of the module's functions."""
    found = []
    for name in names:
        row = Row(name, {})
        for form in FORMS:
            code = functions.get(f"{form}_{name}")
            if code is None:
                continue
            if not code.instructions:
                raise Broken(f"{form}_{name} has no instructions")
            known = {call: helpers[call] for call in code.calls if call in helpers}
            unknown = tuple(call for call in code.calls if call not in helpers)
            row.forms[form] = Cost(code, known, unknown)
        if "c" not in row.forms:
            raise Broken(f"there is no c_{name} to compare with")
        found.append(row)
    return found
