# SPDX-License-Identifier: GPL-2.0
"""What a function costs in object code: how many instructions and bytes, and what it calls.

Counted is what is there, not what runs: a check that never fires and the way to a panic are
instructions too. Not counted is the decoration that a function has for the kernel's configuration
and not for what it does, all of it in `_RULES`: C's and Rust's compilers differ in it, and in
a driver an access stands in the middle of a function. tests/bench has a function that does nothing
in each language: it has to come out as nothing.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class Broken(Exception):
    """The object code cannot be read."""


@dataclass(frozen=True)
class _Rules:
    """What is not counted, and what has to be there, for an architecture."""

    # Wherever it stands: marks of where a jump may lead, signatures of the return address, the
    # return; the frame record, which with CONFIG_FRAME_POINTER Rust has in every function and C in
    # those that call.
    anywhere: re.Pattern
    # As the target of a jump or call: the tracer's hook, and the return of a kernel that is built
    # with return thunks.
    targets: frozenset[str]
    # What touches memory, barriers and what they depend on: the groups have to be as in C.
    memory: re.Pattern
    # Before the first instruction that counts, and behind the last: room for the tracer, padding.
    at_the_ends: re.Pattern


_RULES = {
    "x86_64": _Rules(
        anywhere=re.compile(r"endbr64\b|ret\b"),
        targets=frozenset({"__fentry__", "__x86_return_thunk"}),
        memory=re.compile(r"(?!lea)(?:\w+ +(?:[^ ]*,)?[-0-9a-fx]*(\()%(?!rsp)|(.fence))"),
        at_the_ends=re.compile(r"(data16 |cs )*nop|xchg +%ax,%ax|int3")),
    "arm64": _Rules(
        anywhere=re.compile(r"bti\b|paciasp|autiasp|ret\b|stp\tx29, x30, \[sp, #-\d+\]!|"
                            r"mov\tx29, sp$|ldp\tx29, x30, \[sp\], #\d+$"),
        targets=frozenset({"_mcount"}),
        memory=re.compile(r"((?:ld|st)\w+)\t(?!.*\bsp\b)|(d[ms]b\t\w+|isb|cbnz)"),
        at_the_ends=re.compile(r"nop|udf")),
}

# Address, flags, section, size, name; on arm64 perhaps a word on its visibility.
_SYMBOL = re.compile(r"^([0-9a-f]+) .{7} \.text\t([0-9a-f]+) (?:\.\w+ )?(\S+)$")
# With -w: address, bytes, instruction, and at times a relocation.
_INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t([0-9a-f ]+?) *\t(.*?)(?:\t[0-9a-f]+: (R_\S+)\t(\S+))?$")
# arm64 says a word of 32 bits, x86 bytes.
_CALL = re.compile(r"R_X86_64_(PLT32|PC32)|R_AARCH64_(CALL26|JUMP26)")
_BRANCH = re.compile(r"j|call|b\b|bl\b|b\.|cb|tb")


@dataclass
class Code:
    """The object code of one function."""

    instructions: int = 0
    size: int = 0
    calls: list[str] = field(default_factory=list)
    # Accesses of memory and barriers, in order.
    memory: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class _Line:
    text: str
    size: int
    target: str | None


def _line(match: re.Match) -> _Line:
    text = match[3].split("//")[0].strip()
    target = None
    if match[4] and _CALL.fullmatch(match[4]) and _BRANCH.match(text):
        target = re.sub(r"[-+]0x[0-9a-f]+$", "", match[5])
    return _Line(text, len(match[2].replace(" ", "")) // 2, target)


def _code(lines: list[_Line], rules: _Rules) -> Code:
    """Counts what is not rules."""
    kept = [line for line in lines
            if line.target not in rules.targets and not rules.anywhere.match(line.text)]
    while kept and rules.at_the_ends.match(kept[0].text):
        del kept[0]
    while kept and rules.at_the_ends.match(kept[-1].text):
        del kept[-1]
    code = Code(len(kept), sum(line.size for line in kept))
    for line in kept:
        if match := rules.memory.match(line.text):
            code.memory.append((match[1] or match[2]).replace("\t", " ").replace("(", "access"))
        if line.target and line.target not in code.calls:
            code.calls.append(line.target)
    code.lines = [line.text.replace("\t", " ") + (f" -> {line.target}" if line.target else "")
                  for line in lines]
    return code


def _objdump(tool: str, file: Path, *options: str) -> list[str]:
    try:
        return subprocess.run([tool, *options, "-j", ".text", str(file)], check=True,
                              capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError) as problem:
        said = getattr(problem, "stderr", None) or problem
        raise Broken(f"{tool} cannot read {file}: {said}") from None


def read(objdump: str, arch: str, file: Path) -> dict[str, Code]:
    """The functions of an object file or a module, by name.

    The main line only: what the kernel may put in place of an instruction at boot is in a section
    of its own on x86, and behind the functions on arm64, where no symbol covers it.
    """
    lines = {}
    for text in _objdump(objdump, file, "-d", "-r", "-w"):
        if match := _INSTRUCTION.match(text):
            lines[int(match[1], 16)] = _line(match)
    functions = {}
    for text in _objdump(objdump, file, "-t"):
        if match := _SYMBOL.match(text):
            start, size = int(match[1], 16), int(match[2], 16)
            found = [lines[at] for at in range(start, start + size) if at in lines]
            functions[match[3]] = _code(found, _RULES[arch])
    return functions
