# SPDX-License-Identifier: GPL-2.0
"""What is compared in object code, and what the comparison says."""

import re
from dataclasses import dataclass

from objcode import Broken, Code

# One access at a constant offset, or two with memory in between: here C's price is a promise.
CONSTANT = tuple(f"{direction}{width}{order}" for order in ("", "_relaxed")
                 for direction in ("read", "write") for width in (8, 16, 32, 64)
                 ) + ("read32_be", "write32_be", "between32"
                      ) + tuple(f"{direction}{width}" for direction in ("in", "out") for width in (8, 16, 32))

# What else is shown; some of it is a call in C too.
OTHERS = ("update32",
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
    # What it calls, and what that calls: where the object code is at hand, and where it is not.
    helpers: dict[str, Code]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, code: Code, known: dict[str, Code]) -> "Cost":
        """The cost of a function, with what is known of others."""
        helpers: dict[str, Code] = {}
        unknown: list[str] = []
        calls = list(code.calls)
        while calls:
            name = calls.pop(0)
            if name not in known:
                unknown.append(name)
            elif name not in helpers:
                helpers[name] = known[name]
                calls += known[name].calls
        return cls(code, helpers, tuple(unknown))

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
        """Instructions of the library to those of C, unless they end in different functions."""
        if "library" not in self.forms:
            return None
        library, plain = self.forms["library"], self.forms["c"]
        if set(library.unknown) != set(plain.unknown):
            return None
        return library.instructions / plain.instructions

    def problem(self) -> str | None:
        """Why this is dearer than C, or nothing."""
        if "library" not in self.forms:
            return "the library's form is not there"
        library, plain = self.forms["library"], self.forms["c"]
        if library.instructions > plain.instructions:
            return f"{library.instructions} instructions, C has {plain.instructions}"
        # Not to be had for fewer instructions either.
        more = [short(name) for name in library.code.calls if name not in plain.code.calls]
        if more:
            return f"it calls {', '.join(more)}, C does not"
        # Nor for leaving out what C does.
        if library.code.memory != plain.code.memory:
            return f"its accesses are {library.code.memory}, C's {plain.code.memory}"
        return None

    def listing(self) -> list[str]:
        """The object code of the library's form, and of C's."""
        lines = []
        for form in ("library", "c"):
            cost = self.forms.get(form)
            if cost is None:
                continue
            lines += [f"{form}_{self.name}:", *(f"    {line}" for line in cost.code.lines)]
        return lines


def check_decoration(functions: dict[str, Code]) -> None:
    """Whether functions that do nothing have nothing that counts."""
    for name in ("c_nothing", "library_nothing"):
        if name not in functions or not functions[name].lines:
            raise Broken(f"there is no {name}")
        if functions[name].instructions:
            raise Broken(f"{name} has {functions[name].lines}, which objcode.py does not know as"
                         " decoration")


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
            row.forms[form] = Cost.of(code, helpers)
        if "c" not in row.forms:
            raise Broken(f"there is no c_{name} to compare with")
        found.append(row)
    return found
