#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs what the manual shows, and looks whether the manual shows everything.

usage: manual.py extract FOLDER [PAGE…]         a script for the guest, for each page, into FOLDER
       manual.py check OUTPUT [PAGE…]           compares what they printed with the pages. Prints KTAP.

A PAGE is a file of Documentation/ without its ending; without one, all pages are meant.

What is run are the pages' blocks of the language "console". A line that begins with "# " is a command of
root's, one with "$ " one of a user without privileges, with "> " it goes on; all else is what the command
prints, both outputs together. Where "…" stands in such a line, anything may be; on a line of its own, any
lines. All of a page is one session of one shell.

The pages of samples/ are each about the sample of that name, samples/<name>.rs, which is the module sample_<name>.

The pages speak of devices where QEMU has them on x86_64. Where they are elsewhere, the guest says so.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ktap import Results

TREE = Path(__file__).resolve().parent.parent
PAGES = TREE / "Documentation"
HEADER = TREE / "rust/uapi/iomem.h"
# Where the pages have devices: the first address, or port, and how many there are. tests/guest/manual knows the names.
DEVICES = {
    "edu": (0xfea00000, 0x100000),
    "testdev": (0xfeb09000, 0x1000),
    "testports": (0xc000, 0x100),
    "shared": (0xff40000000, 0x100000),
    "pixels": (0xfd000000, 0x1000000),
    "display": (0xfeb0b000, 0x1000),
}
NUMBER = re.compile(r"(?<![0-9a-zA-Z_.])(0x)?([0-9a-f]{4,16})(?![0-9a-zA-Z_])")
ANYTHING = "…"
# How many lines a sample may have, where it is not 150: this one is a whole driver.
LONGEST = {"platform": 380}
# A comment before a block: it is run only if this command of the guest's shell succeeds. $arch and
# $page_size, in bytes, are known to it.
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


def pages(only: list[str]) -> dict[str, list[Block]]:
    """The pages that show anything, or those of them that are asked for, by name."""
    found = {str(page.relative_to(PAGES).with_suffix("")): blocks(page)
             for page in sorted(PAGES.rglob("*.rst"))}
    if unknown := set(only) - set(found):
        raise SystemExit(f"there is no page {' '.join(sorted(unknown))}")
    return {name: shown for name, shown in found.items() if shown and name in (only or found)}


def moved(text: str, place: Callable[[str, int, int], str]) -> str:
    """The text, with each address of a device as `place` writes it, from the device, the offset and the digits."""
    def number(match: re.Match) -> str:
        value = int(match[2], 16)
        for device, (start, length) in DEVICES.items():
            if start <= value < start + length:
                return (match[1] or "") + place(device, value - start, len(match[2]))
        return match[0]
    return NUMBER.sub(number, text)


def quoted(text: str) -> str:
    """A word of the shell's."""
    return "'" + text.replace("'", "'\\''") + "'"


def extract(folder: Path, only: list[str]) -> int:
    """Writes the sessions. In each, what a command prints comes after a line that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.rglob("*.session"):
        old.unlink()
    for name, shown in pages(only).items():
        lines = []
        for block in shown:
            lines.append(f"if {block.only or 'true'}; then")
            for command in block.commands:
                lines.append(f"echo '@command {command.line}'")
                text = f"as_nobody {quoted(command.text)}" if command.user else command.text
                lines.append(f"{{ {text}\n}} 2>&1")
            lines.append(f"else echo '@command -{block.line}'; fi")
        # The guest knows where the devices are, and replaces these.
        session = moved("\n".join(lines), lambda device, offset, digits: f"@{device}+{offset:#x}:{digits}@")
        path = folder / f"{name}.session"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(session + "\n", encoding="utf-8")
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


def compare(block: Block, printed: dict[int, list[str]], places: dict[str, int]) -> list[str]:
    """What differs."""
    def here(text: str) -> str:
        return moved(text, lambda device, offset, digits: f"{places[device] + offset:0{digits}x}")

    problems = []
    for command in block.commands:
        got = printed.get(command.line)
        if got is None:
            problems.append(f"line {command.line}: it was not run: {command.text}")
            continue
        wanted = [here(line) for line in command.wanted]
        text = "".join(f"{line}\n" for line in got)
        if not pattern(wanted).fullmatch(text):
            problems += [f"line {command.line}: {here(command.text)}"]
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
                # Which line of its input it was, only some shells say.
                here_now.append(re.sub(r"^sh: line \d+: ", "sh: ", line.rstrip()))
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


def sample(module: Path, page: list[Block]) -> list[str]:
    """What is wrong with a sample that is a module: with its length, its header, or what its page shows of it."""
    lines = module.read_text(encoding="utf-8").splitlines()
    header = "\n".join(line for line in lines if line.startswith("//!"))
    name = f"sample_{module.stem}"
    commands = [command.text for block in page for command in block.commands]
    longest = LONGEST.get(module.stem, 150)
    return [words for words, well in {
        f"it has more than {longest} lines": len(lines) <= longest,
        "it has unsafe code": not any(re.search(r"\bunsafe\b", line) for line in lines),
        "its header does not say which calls of C it stands for": "| C" in header,
        f"its header does not say how to run it: modprobe {name}": f"modprobe {name}" in header,
        "its header does not name its page": f"Documentation/samples/{module.stem}.rst" in header,
        f"the module is not called {name}": f'    name: "{name}",' in lines,
        "its page does not load it": any(f"modprobe {name}" in text for text in commands),
        "its page does not unload it": any(f"rmmod {name}" in text for text in commands),
        "its page shows nothing that is refused":
            any(f"can't load module {name} " in line
                for block in page for command in block.commands for line in command.wanted),
    }.items() if not well]


def check(output: Path, only: list[str]) -> int:
    """Compares, and prints a result for each block and for each kind of thing that must be shown."""
    said, facts, left = read(output.read_text(encoding="utf-8", errors="replace"))
    places = {device: start for device, (start, _) in DEVICES.items()}
    for fact in facts.get("at", "").split():
        device, _, start = fact.partition("=")
        places[device] = int(start, 16)
    shown = pages(only)
    modules = [module for module in sorted((TREE / "samples").glob("*.rs"))
               if not only or f"samples/{module.stem}" in only]
    results = Results(sum(len(each) + 1 for each in shown.values()) + 2 * len(modules) + 5 * (not only))
    # Whether it is as the pages say, for each block that was run.
    well: dict[str, list[bool]] = {}
    for name, each in shown.items():
        for block in each:
            test = f"{name}.line_{block.line}"
            if -block.line in said.get(name, {}):
                results.skip(test, f"it is not so that: {block.only}")
                continue
            differs = compare(block, said.get(name, {}), places)
            results.check(test, differs)
            well.setdefault(name, []).append(not differs)
        results.check(f"{name}.leaves_nothing",
                      left.get(name, ["the page's session did not come to its end"]))

    for name, module in ((f"samples/{module.stem}", module) for module in modules):
        results.check(f"{name}.is_as_a_sample_should_be", sample(module, shown.get(name, [])))
        # A name that lasts, whatever is written before the blocks.
        if name in shown and name not in well:
            results.skip(f"{name}.does_what_its_page_shows", "what it shows is not so on this machine")
        else:
            results.check(f"{name}.does_what_its_page_shows",
                          [] if all(well.get(name, [False])) else ["it does not, or there is no page"])
    if not only:
        check_all(results, shown, facts)
    return results.finish()


def check_all(results: Results, shown: dict[str, list[Block]], facts: dict[str, str]) -> None:
    """A result for each kind of thing that must be shown somewhere."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES.rglob("*.rst"))
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


def main() -> int:
    match sys.argv[1:]:
        case ["extract", folder, *only]:
            return extract(Path(folder), only)
        case ["check", output, *only]:
            return check(Path(output), only)
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
