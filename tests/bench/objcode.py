# SPDX-License-Identifier: GPL-2.0
"""What a function costs in object code: how many instructions and bytes, and what it calls.

Counted is what is there, not what runs: a check that never fires and the way to a panic are
instructions too. Not counted is the decoration that a function has for the kernel's configuration
and not for what it does, all of it in `_Decoration`: C's and Rust's compilers differ in it, and in
a driver an access stands in the middle of a function.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class Broken(Exception):
    """The object code cannot be read."""


@dataclass(frozen=True)
class _Decoration:
    """What is not counted, for an architecture."""

    # Wherever it stands: marks of where a jump may lead, signatures of the return address, the
    # return.
    anywhere: re.Pattern
    # As the target of a jump or call: the tracer's hook, and the return of a kernel that is built
    # with return thunks.
    targets: frozenset[str]
    # Before the first instruction that counts, and behind the last: room for the tracer, padding.
    at_the_ends: re.Pattern


_DECORATIONS = {
    "x86_64": _Decoration(
        anywhere=re.compile(r"endbr64\b|ret\b"),
        targets=frozenset({"__fentry__", "__x86_return_thunk"}),
        at_the_ends=re.compile(r"(data16 |cs )*nop|xchg +%ax,%ax|int3")),
    "arm64": _Decoration(
        anywhere=re.compile(r"bti\b|paciasp|autiasp|ret\b"),
        targets=frozenset({"_mcount"}),
        at_the_ends=re.compile(r"nop|udf")),
}

_FUNCTION = re.compile(r"^[0-9a-f]+ <(\S+)>:$")
# With -w: address, bytes, instruction, and at times a relocation.
_INSTRUCTION = re.compile(r"^ *[0-9a-f]+:\t([0-9a-f ]+?) *\t(.*?)(?:\t[0-9a-f]+: (R_\S+)\t(\S+))?$")
# arm64 says a word of 32 bits, x86 bytes.
_CALL = re.compile(r"R_X86_64_(PLT32|PC32)|R_AARCH64_(CALL26|JUMP26)")
_BRANCH = re.compile(r"j|call|b\b|bl\b|b\.|cb|tb")


@dataclass
class Code:
    """The object code of one function."""

    instructions: int = 0
    size: int = 0
    calls: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class _Line:
    text: str
    size: int
    target: str | None


def _line(match: re.Match) -> _Line:
    text = match[2].split("//")[0].strip()
    target = None
    if match[3] and _CALL.fullmatch(match[3]) and _BRANCH.match(text):
        target = re.sub(r"[-+]0x[0-9a-f]+$", "", match[4])
    return _Line(text, len(match[1].replace(" ", "")) // 2, target)


def _code(lines: list[_Line], decoration: _Decoration) -> Code:
    """Counts what is not decoration."""
    kept = [line for line in lines
            if line.target not in decoration.targets and not decoration.anywhere.match(line.text)]
    while kept and decoration.at_the_ends.match(kept[0].text):
        del kept[0]
    while kept and decoration.at_the_ends.match(kept[-1].text):
        del kept[-1]
    code = Code(len(kept), sum(line.size for line in kept))
    for line in kept:
        if line.target and line.target not in code.calls:
            code.calls.append(line.target)
    while lines and decoration.at_the_ends.match(lines[-1].text):
        del lines[-1]
    code.lines = [line.text.replace("\t", " ") + (f" -> {line.target}" if line.target else "")
                  for line in lines]
    return code


def read(objdump: str, arch: str, file: Path) -> dict[str, Code]:
    """The functions of an object file or a module, by name.

    The main line only: what the kernel may put in place of an instruction at boot is in a section
    of its own.
    """
    try:
        text = subprocess.run([objdump, "-d", "-r", "-w", "-j", ".text", str(file)], check=True,
                              capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        said = getattr(problem, "stderr", None) or problem
        raise Broken(f"{objdump} cannot read {file}: {said}") from None
    functions: dict[str, list[_Line]] = {}
    lines: list[_Line] = []
    for text_line in text.splitlines():
        if match := _FUNCTION.match(text_line):
            lines = functions.setdefault(match[1], [])
        elif match := _INSTRUCTION.match(text_line):
            lines.append(_line(match))
    return {name: _code(lines, _DECORATIONS[arch]) for name, lines in functions.items()}
