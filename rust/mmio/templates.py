#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turns the kernel's own accessors into Rust.

usage: templates.py PREPROCESSED > mmio_generated.rs   (run by the Kbuild)

An accessor such as readl() is inline assembly: on arm64 a load, which an
alternative may replace on processors that need it, a barrier and a dependency.
All of that is taken from the kernel's headers as this kernel's configuration
makes them, statement by statement, so that nothing of it is written down again:
PREPROCESSED is rust/mmio/accessors.h after the preprocessor.

What this does not understand is an error, and never left out.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

MARK = "iomem_accessors_begin"
# Words before a parenthesis that are neither a call nor anything that runs.
HARMLESS = {"if", "while", "do", "return", "typeof", "__typeof__", "sizeof"}
# How many register offsets a write is made for, each with its own instruction.
ARMS = 256


def stop(text: str) -> None:
    sys.exit(f"templates.py: {text}: rust/iomem/access needs a look for this kernel; until then "
             "build with IOMEM_MMIO_HELPERS=1")


def closing(text: str, start: int) -> int:
    """Where the bracket at `start` is closed; strings are skipped."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
            continue
        depth += (text[at] in "({[") - (text[at] in ")}]")
        if depth == 0:
            return at
        at += 1
    return stop(f"a bracket is not closed: {text[start:start + 60]!r}")


def split(text: str, mark: str) -> list[str]:
    """Splits at `mark`, but not within brackets and strings."""
    parts, last, at = [], 0, 0
    while at < len(text):
        if text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
        elif text[at] in "({[":
            at = closing(text, at) + 1
        elif text[at] == mark:
            parts.append(text[last:at])
            at += 1
            last = at
        else:
            at += 1
    return parts + [text[last:]]


@dataclass
class Statement:
    """One asm statement of C."""

    template: str
    operands: list[tuple[str, str]] = field(default_factory=list)
    outputs: int = 0
    memory: bool = False

    @classmethod
    def parse(cls, text: str) -> "Statement":
        parts = split(text, ":") + ["", "", ""]
        # The lexer of C: what stands side by side is one string; two escapes occur.
        template = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', parts[0]))
        template = template.replace(r"\n", "\n").replace(r"\t", "\t").replace(r"\"", '"')
        statement = cls(template, memory='"memory"' in parts[3])
        for number, part in enumerate(parts[1:3]):
            for operand in filter(str.strip, split(part, ",")):
                match = re.fullmatch(r'\s*"([^"]+)"\s*\((.*)\)\s*', operand, re.S)
                if not match:
                    stop(f"an operand is not understood: {operand!r}")
                statement.operands.append((match[1], match[2]))
                statement.outputs += number == 0
        return statement


class Source:
    """The preprocessed header."""

    def __init__(self, text: str) -> None:
        if MARK not in text:
            stop("the mark is missing")
        self.headers, wanted = text.split(MARK)
        self.wanted = dict(re.findall(r"(\w+) = (.*?);", wanted, re.S))

    def body(self, name: str) -> str | None:
        """The body of an inline function."""
        found = None
        for match in re.finditer(rf"\binline\b[^;{{}}]*\b{name}\s*\([^()]*\)\s*\{{", self.headers):
            start = match.end() - 1
            found = self.headers[start:closing(self.headers, start) + 1]
        return found

    def statements(self, code: str) -> list[Statement]:
        """The asm statements that `code` runs, in order, through the functions that it calls."""
        found, at = [], 0
        while match := re.compile(r"\b(\w+)\s*(?:volatile\s*)?\(").search(code, at):
            word, start = match[1], match.end() - 1
            end = closing(code, start)
            if word == "asm" or match[0].startswith(("asm volatile", "__asm__")):
                found.append(Statement.parse(code[start + 1:end]))
                at = end
            elif word == "if":
                if code[start:end + 1].strip("()") not in ("false", "0"):
                    stop(f"a condition is not understood: {code[start:end + 60]!r}")
                # What never runs: the hooks of tracing, switched off.
                at = code.index(";", closing(code, code.index("(", end + 1)))
            elif word in HARMLESS or re.fullmatch(r"__?[lb]e\d+|__?u\d+|u\d+", word):
                at = match.end()
            elif (body := self.body(word)) is not None:
                found += self.statements(body)
                at = end
            else:
                stop(f"'{word}' is called, which is no inline function")
        return found


def render(statement: Statement, value: str, address: str) -> list[str]:
    """The lines of one statement, with Rust's operands."""
    def place(match: re.Match) -> str:
        kind, number = match[1], int(match[2])
        constraint, _ = statement.operands[number]
        if is_memory(constraint):
            return address
        if is_address(statement, number):
            return "{a}"
        name = value if is_value(statement, number) else "t"
        return f"{{{name}:{'w' if kind == 'w' else 'x'}}}"

    lines = statement.template.replace("{", "{{").replace("}", "}}")
    lines = re.sub(r"%([wx]?)(\d)", place, lines)
    if "%" in lines:
        stop(f"a template is not understood: {lines!r}")
    return [line.strip() for line in lines.split("\n") if line.strip()]


def is_memory(constraint: str) -> bool:
    return "m" in constraint or "Q" in constraint


def is_address(statement: Statement, number: int) -> bool:
    return re.fullmatch(r"\(*addr\)*", statement.operands[number][1].strip()) is not None


def reaches(statement: Statement) -> bool:
    """Whether the statement is the access itself."""
    return any(is_memory(constraint) or is_address(statement, number)
               for number, (constraint, _) in enumerate(statement.operands))


def is_value(statement: Statement, number: int) -> bool:
    """The value: what a load gives, what a store takes, what a dependency is made of."""
    return number >= statement.outputs or reaches(statement)


def accessor(name: str, statements: list[Statement]) -> str:
    """The Rust function of one accessor."""
    width = int(re.search(r"\d+", name)[0])
    register = "u64" if width == 64 else "u32"
    reads = name.startswith("read")
    access = [number for number, statement in enumerate(statements) if reaches(statement)]
    if access != [0 if reads else len(statements) - 1]:
        stop(f"{name} has its access elsewhere than expected")

    temporary = any(number < statement.outputs and not is_value(statement, number)
                    for statement in statements for number in range(len(statement.operands)))
    options = ["nostack", "preserves_flags"]
    if not any(statement.memory for statement in statements):
        options.append("nomem")

    def block(address: str, base: str, constant: str = "") -> str:
        lines = [line for statement in statements for line in render(statement, "v", address)]
        operands = [f'"{line}"'.replace("\t", " ").replace('"a"', r"\"a\"") for line in lines]
        operands.append("v = lateout(reg) v" if reads else "v = in(reg) value")
        operands.append(f"a = in(reg) {base}")
        operands += ["t = out(reg) _"] * temporary
        operands += [f"o = const {constant}"] * bool(constant)
        return "core::arch::asm!(" + ", ".join(operands + [f"options({', '.join(options)})"]) + ")"

    if reads:
        return (
            f"{DOC}#[inline(always)]\npub(crate) unsafe fn {name}(p: Place) -> u{width} {{\n"
            f"    let a = p.address();\n    let v: {register};\n"
            f"    unsafe {{ {block('[{a}]', 'a')} }};\n    {'v' if register == f'u{width}' else f'v as u{width}'}\n}}\n")
    step = width // 8
    arms = "".join(f"        {offset} => unsafe {{ {block('[{a}, {o}]', 'p.base', str(offset))} }},\n"
                   for offset in range(0, ARMS * step, step))
    return (
        f"{DOC}#[inline(always)]\npub(crate) unsafe fn {name}(p: Place, value: u{width}) {{\n"
        "    match p.constant() {\n"
        f"{arms}"
        f"        _ => {{ let a = p.address(); unsafe {{ {block('[{a}]', 'a')} }} }}\n    }}\n}}\n")


DOC = """\
/// # Safety
///
/// The place is within a live mapping of I/O memory, and aligned to the width.
"""


def main() -> None:
    source = Source(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("// Made by rust/mmio/templates.py from the kernel's <linux/io.h>.\n")
    for name, code in source.wanted.items():
        statements = source.statements(code)
        if not statements:
            stop(f"{name} has no access")
        print(accessor(name, statements))


if __name__ == "__main__":
    main()
