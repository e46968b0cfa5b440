#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Builds the library's documentation: a folder of pages, or rustdoc's JSON.

usage: rustdoc.py OUTPUT KERNEL_SOURCE FOLDER
       rustdoc.py --json [--document-private-items] OUTPUT FOLDER

OUTPUT is the folder of a build. What rustdoc warns of is an error, and so is a link to a
source (srctree/...) that is neither in this tree nor in the kernel's. Items of the kernel
crate are linked to the kernel's own pages, since those have not been built here.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from savedcmd import SavedCommand

TREE = Path(__file__).resolve().parent.parent
KERNEL_PAGES = "https://rust.docs.kernel.org/"
LINK = re.compile(r'<a href="srctree/([^"#]+)')


def rustdoc(output: Path, folder: Path, *words: str) -> None:
    """Runs rustdoc as the library was compiled, and ends if it has a complaint."""
    command = SavedCommand(output, "rust/iomem/lib.o")
    done = command.run(os.environ.get("RUSTDOC", "rustdoc"), "--crate-name", "iomem",
                       "--output", str(folder), *words, str(command.source))
    if done.returncode:
        sys.exit("rustdoc: the documentation has faults; they are above")


def link_sources(folder: Path, kernel: Path) -> None:
    """Leads the links to sources to this tree's and the kernel's files."""
    missing = set()

    def lead(match: re.Match) -> str:
        for tree in (TREE, kernel):
            if (tree / match[1]).exists():
                return f'<a href="{tree / match[1]}'
        missing.add(match[1])
        return match[0]

    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(LINK.sub(lead, text), encoding="utf-8")
    if missing:
        sys.exit(f"rustdoc: links to sources that do not exist: {', '.join(sorted(missing))}")


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["--json"]:
        *options, output, folder = words[1:]
        # What is missing shows to the reader.
        rustdoc(Path(output).resolve(), Path(folder).resolve(), "--output-format", "json", "--cap-lints",
                "allow", *options)
        return
    output, kernel, folder = (Path(word).resolve() for word in words)
    # A page of an item that is gone would stay.
    shutil.rmtree(folder, ignore_errors=True)
    rustdoc(output, folder, "-Dwarnings", "--generate-link-to-definition",
            *(word for crate in ("kernel", "pin_init")
              for word in ("--extern-html-root-url", f"{crate}={KERNEL_PAGES}")))
    link_sources(folder, kernel)
    print(folder / "iomem/index.html")


if __name__ == "__main__":
    main()
