#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs what the manual shows, and looks whether the manual shows everything.

usage: manual.py extract FOLDER         a script for the guest, for each page, into FOLDER
       manual.py check FOLDER OUTPUT    compares what they printed with the pages. Prints KTAP.

What is run are the pages' blocks of the language "console". A line that begins with "# " is a command of
root's, one with "$ " one of somebody's who may nothing, with "> " it goes on; all else is what the command
prints, both outputs together. Where "…" stands in such a line, anything may be; on a line of its own, any
lines. All of a page is one session of one shell.

The pages speak of a device at 0xfea00000, where QEMU's edu is on x86_64. Where it is elsewhere, the guest
says so.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ktap import Results

TREE = Path(__file__).resolve().parent.parent
PAGES = TREE / "Documentation"
HEADER = TREE / "rust/uapi/iomem.h"
# The top of the device's address, on the pages.
ADDRESS = "fea"
ANYTHING = "…"
# A comment before a block: it is run only if this command of the guest's shell succeeds. $arch is known to it.
ONLY = re.compile(r"\.\. only-if: (.+)")


@dataclass
class Command:
    """A command of a page, and what it should print."""

    line: int
    text: str
    user: bool
    wanted: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A block of the language "console", with the condition for running it, or nothing."""

    line: int
    only: str
    commands: list[Command] = field(default_factory=list)


def parse(lines: list[tuple[int, str]], page: str) -> list[Command]:
    """The commands of a block."""
    commands: list[Command] = []
    for number, text in lines:
        if text.startswith(("# ", "$ ")):
            commands.append(Command(number, text[2:], text[0] == "$"))
        elif not commands:
            raise SystemExit(f"{page}:{number}: the block does not begin with a command")
        elif text.startswith("> ") and not commands[-1].wanted:
            commands[-1].text += "\n" + text[2:]
        else:
            commands[-1].wanted.append(text.rstrip())
    for command in commands:
        # Blank lines before the next command are for the eye.
        while command.wanted and not command.wanted[-1]:
            command.wanted.pop()
    return commands


def blocks(page: Path) -> list[Block]:
    """The blocks of a page."""
    found = []
    only = ""
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        text = lines[number]
        number += 1
        if match := ONLY.fullmatch(text.strip()):
            only = match[1]
        if text.strip() != ".. code-block:: console":
            continue
        depth = len(text) - len(text.lstrip()) + 3
        inside = []
        while number < len(lines) and (not lines[number].strip() or lines[number].startswith(" " * depth)):
            inside.append((number + 1, lines[number][depth:]))
            number += 1
        while inside and not inside[0][1].strip():
            inside.pop(0)
        block = Block(inside[0][0] if inside else number, only)
        block.commands = parse(inside, page.name)
        found.append(block)
        only = ""
    return found


def pages() -> dict[str, list[Block]]:
    """The pages that show anything, by name."""
    found = {page.stem: blocks(page) for page in sorted(PAGES.glob("*.rst"))}
    return {name: shown for name, shown in found.items() if shown}


def quoted(text: str) -> str:
    """A word of the shell's."""
    return "'" + text.replace("'", "'\\''") + "'"


def extract(folder: Path) -> int:
    """Writes the sessions. In each, what a command prints comes after a line that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.session"):
        old.unlink()
    for name, shown in pages().items():
        lines = []
        for block in shown:
            lines.append(f"if {block.only or 'true'}; then")
            for command in block.commands:
                lines.append(f"echo '@command {command.line}'")
                text = f"as_nobody {quoted(command.text)}" if command.user else command.text
                lines.append(f"{{ {text}\n}} 2>&1")
            lines.append(f"else echo '@command -{block.line}'; fi")
        (folder / f"{name}.session").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def pattern(wanted: list[str]) -> re.Pattern:
    """What a command should print, as a regular expression."""
    parts = []
    for line in wanted:
        if line.strip() == ANYTHING:
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(part) for part in line.split(ANYTHING)) + r"\n")
    return re.compile("".join(parts))


def here(text: str, address: str) -> str:
    """A text of a page as it is on this machine."""
    return re.sub(rf"{ADDRESS}(?=[0-9a-f]{{5}}\b)", address, text)


def compare(block: Block, printed: dict[int, list[str]], address: str) -> list[str]:
    """What differs."""
    problems = []
    for command in block.commands:
        got = printed.get(command.line)
        if got is None:
            problems.append(f"line {command.line}: it was not run: {command.text}")
            continue
        wanted = [here(line, address) for line in command.wanted]
        text = "".join(f"{line}\n" for line in got)
        if not pattern(wanted).fullmatch(text):
            problems += [f"line {command.line}: {here(command.text, address)}"]
            problems += [f"  the page: {line}" for line in wanted] or ["  the page: (nothing)"]
            problems += [f"  it is:    {line}" for line in got] or ["  it is:    (nothing)"]
    return problems


def read(output: str) -> tuple[dict[str, dict[int, list[str]]], dict[str, str], dict[str, list[str]]]:
    """What the guest printed: by page and line, the facts it told, and by page what was left over."""
    said: dict[str, dict[int, list[str]]] = {}
    facts: dict[str, str] = {}
    left: dict[str, list[str]] = {}
    here_now: list[str] = []
    page = ""
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        match word:
            case "@page":
                page, here_now = rest, []
                said[page] = {}
            case "@command":
                here_now = said[page].setdefault(int(rest), [])
            case "@left":
                here_now = left.setdefault(page, [])
            case "@fact":
                key, _, value = rest.partition(" ")
                facts[key] = f"{facts[key]} {value}" if key in facts else value
            case _:
                here_now.append(line.rstrip())
    return said, facts, left


def uapi_names() -> list[str]:
    """What the header defines that a program would write: constants, structures and their fields."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.S)
    names = [name for name in re.findall(r"^#define\s+(IOMEM_\w+)", text, re.M)
             if not name.startswith(("IOMEM_IOC_NR_", "IOMEM_IOC_TYPE"))]
    for struct, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.M | re.S):
        names.append(f"struct {struct}")
        names += re.findall(r"(\w+)(?:\[\w+\])?;", body)
    return sorted(set(names))


def missing(page: str, names: list[str]) -> list[str]:
    """Those that a page does not name, as code."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return [f"{page} does not name {name}" for name in names
            if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def parameters() -> list[str]:
    """The parameters of the module."""
    text = (TREE / "rust/iomem_dev/lib.rs").read_text(encoding="utf-8")
    declared = re.search(r"params: \{(.*?)^    \}", text, re.M | re.S)
    names = re.findall(r"^        (\w+): \w+ \{", declared[1] if declared else "", re.M)
    names += re.findall(r"^iomem::string_param!\(\s*\w+: \d+,\s*(\w+),", text, re.M)
    return [f"{name}=" for name in names]


def check(folder: Path, output: Path) -> int:
    """Compares, and prints a result for each block and for each kind of thing that must be shown."""
    said, facts, left = read(output.read_text(encoding="utf-8", errors="replace"))
    address = facts.get("address", ADDRESS)
    shown = pages()
    results = Results(sum(len(each) + 1 for each in shown.values()) + 5)
    for name, each in shown.items():
        for block in each:
            test = f"{name}.line_{block.line}"
            if -block.line in said.get(name, {}):
                results.skip(test, f"it is not so that: {block.only}")
            else:
                results.check(test, compare(block, said.get(name, {}), address))
        results.check(f"{name}.leaves_nothing",
                      left.get(name, ["the page's session did not come to its end"]))

    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.rst"))
    samples = sorted(path.name for path in (TREE / "samples/user").glob("*.[cr]*"))
    results.check("every_sample_is_named", [f"no page names {name}" for name in samples if name not in text])
    commands = "\n".join(command.text for each in shown.values() for block in each
                         for command in block.commands)
    results.check("every_sample_is_run",
                  [f"no page runs {name}" for name in samples
                   if not re.search(rf"\b{Path(name).stem} ", commands)])
    results.check("every_parameter_is_described",
                  missing("driver.rst", parameters()) or ([] if parameters() else ["there are none"]))
    names = uapi_names()
    results.check("the_interface_is_described",
                  missing("uapi.rst", names) or ([] if len(names) > 10 else ["the header was not understood"]))
    files = facts.get("files", "").split()
    results.check("every_file_is_described",
                  missing("files.rst", files) or ([] if files else ["the guest named none"]))
    return results.finish()


def main() -> int:
    match sys.argv[1:]:
        case ["extract", folder]:
            return extract(Path(folder))
        case ["check", folder, output]:
            return check(Path(folder), Path(output))
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
