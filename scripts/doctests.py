#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Takes the examples out of the library's documentation, for a test module.

usage: doctests.py TREE OUTPUT FILE

rustdoc finds the examples and passes each to a "builder", a compiler by its own account.
Here that is a script that keeps what it gets; the kernel's own build does the same. For
each file with examples there is then one in the folder of FILE, with every example at
the very lines that it has in the source, so that what the compiler and a failed
assertion say of it is where to look. FILE is what tests/kmod/doc.rs includes.

An example that is to be run becomes a function that tells how it went. One with no_run
is compiled, and that is all.
"""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from savedcmd import SavedCommand

# rustdoc wants a program to run, where it does not take the example for one without.
BUILDER = """#!/bin/sh
case " $* " in *" --emit=metadata "*) kind=no_run ;; *) kind=run ;; esac
cat >"$IOMEM_EXAMPLES/$kind-$$" || exit
while [ $# -gt 1 ]; do
	[ "$1" != -o ] || { printf '#!/bin/sh\\n' >"$2" && chmod +x "$2"; }
	shift
done
"""

# As libtest names them: the file, the item (nothing for the crate itself) and the line.
LISTED = re.compile(r"^test (\S+) - (.*?) ?\(line (\d+)\)", re.M)
# As rustdoc wraps them.
WRAPPED = re.compile(r"^fn main\(\) \{ .*fn (_doctest_main\w+?_(\d+)_(\d+))\(\)( -> .*)? \{$", re.M)
OWN_LINES = ("#![allow(unused)]", "#[allow(unused_extern_crates)]", "extern crate r#iomem;")

ALLOW = "#[allow(unused, unreachable_pub, clippy::disallowed_names)]"


@dataclass
class Example:
    """One example. `number` tells those apart that a macro puts at the same line."""

    path: str
    line: int
    item: str
    number: int = 0
    kind: str = "ignored"
    body: tuple[str, ...] = ()
    fails: bool = False

    @property
    def name(self) -> str:
        """Where it is and whose it is, for the results."""
        return f"{self.path}:{self.line} {self.item}" + f" {self.number}" * bool(self.number)

    @property
    def shadow(self) -> str:
        """Where the copy is, below the folder of all."""
        return self.path.replace(".rs", f".{self.number}.rs") if self.number else self.path

    @property
    def module(self) -> str:
        """The module that the copy is."""
        return re.sub(r"\W", "_", self.path) + f"_{self.number}"


def unwrap(text: str) -> tuple[str, int, int, tuple[str, ...], bool]:
    """What identifies the example that rustdoc wrapped in `text`, and its own lines."""
    wrapped = WRAPPED.search(text)
    if not wrapped:
        raise ValueError("an example with a main() of its own, or rustdoc wraps them in a new way")
    before = [line for line in text[:wrapped.start()].splitlines() if line not in OWN_LINES]
    if before:
        raise ValueError(f"an example with attributes of a crate: {before[0]}")
    body, _, _ = text[wrapped.end() + 1:].rpartition("} " + wrapped[1])
    return (wrapped[1], int(wrapped[2]), int(wrapped[3]), tuple(body.splitlines()), bool(wrapped[4]))


def extract(tree: Path, output: Path, scratch: Path) -> list[Example]:
    """Has rustdoc find the examples."""
    command = SavedCommand(output, "rust/iomem/lib.o")
    builder = scratch / "builder"
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    done = command.run(os.environ.get("RUSTDOC", "rustdoc"), "--crate-name", "iomem", "--test",
                       "--test-builder", str(builder), str(command.source), capture_output=True,
                       env={"IOMEM_EXAMPLES": str(scratch)})
    if done.returncode:
        raise ValueError(f"rustdoc failed:\n{done.stdout}{done.stderr}")

    # What the builder got names the file with all but letters and digits replaced: the file as it is
    # listed, or, from newer releases, as --remap-path-prefix has it, which is below the tree.
    found: dict[tuple[str, int], list[Example]] = {}
    names: dict[str, str] = {}
    for path, item, line in LISTED.findall(done.stdout):
        relative = str((output / path).resolve().relative_to(tree))
        names |= {re.sub(r"[^A-Za-z0-9]", "_", name): relative for name in (path, relative)}
        found.setdefault((relative, int(line)), []).append(
            Example(relative, int(line), item.replace(" ", "") or "iomem"))
    for kept in sorted(scratch.glob("*run-*")):
        name, line, number, body, fails = unwrap(kept.read_text(encoding="utf-8"))
        mangled = name.removeprefix("_doctest_main_").removesuffix(f"_{line}_{number}")
        same = found.get((names.get(mangled, ""), line), [])
        if number >= len(same):
            raise ValueError(f"rustdoc did not list the example of {name}")
        example = same[number]
        example.number, example.body, example.fails = number, body, fails
        example.kind = kept.name.rpartition("-")[0]
    examples = sorted((one for same in found.values() for one in same),
                      key=lambda one: (one.path, one.line, one.number))
    if not examples:
        raise ValueError("there are no examples, which cannot be")
    return examples


def write(examples: list[Example], file: Path) -> None:
    """Writes the shadow of each source file, and the list."""
    modules: dict[str, list[str]] = {}
    paths = {one.module: one.shadow for one in examples}
    listed = []
    for one in examples:
        if one.kind == "ignored":
            listed.append(f'    ("{one.name}", Kind::Ignored),')
            continue
        lines = modules.setdefault(one.module, ["// SPDX-License-Identifier: GPL-2.0"])
        lines += [""] * (one.line - 1 - len(lines))
        result = " -> ::core::result::Result<(), ::kernel::error::Error>" * one.fails
        lines.append(f"pub(crate) fn line_{one.line}() -> bool {{ use ::kernel::prelude::*; "
                     f"fn example(){result} {{")
        lines += one.body
        lines.append("} example().is_ok() }" if one.fails else "} example(); true }")
        kind = "Run" if one.kind == "run" else "Compiled"
        listed.append(f'    ("{one.name}", Kind::{kind}({one.module}::line_{one.line})),')

    text = ["// Generated by scripts/doctests.py.", ""]
    for module, lines in modules.items():
        path = file.parent / paths[module]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        text += [ALLOW, f'#[path = "{path}"]', f"mod {module};"]
    text += ["", "/// The examples, in the order of the sources.",
             "const EXAMPLES: &[(&str, Kind)] = &[", *listed, "];", ""]
    file.write_text("\n".join(text), encoding="utf-8")


def main() -> None:
    tree, output, file = (Path(word).resolve() for word in sys.argv[1:4])
    shutil.rmtree(file.parent, ignore_errors=True)
    scratch = file.parent / "found"
    scratch.mkdir(parents=True)
    try:
        write(extract(tree, output, scratch), file)
    except ValueError as problem:
        sys.exit(f"doctests: {problem}")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
