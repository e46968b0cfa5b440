#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether the device-tree binding holds, by dt-schema: as a document, for its own examples, for the
tree that the virtual machine boots, and against nodes that are wrong. Prints KTAP.

Usage: tests/binding.py KERNEL-SOURCE [TREE.dtb]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ktap import Results

BINDING = Path(__file__).resolve().parent.parent / "Documentation/devicetree/iomem,window.yaml"
COMPATIBLE = "iomem,window"

# A node that is right, and what is wrong where a line of it is another one.
RIGHT = """compatible = "iomem,window";
reg = <0x1000 0x1000>, <0x8000 0x100>;
reg-names = "control", "buffer";
reg-io-width = <4>;
big-endian;
read-only;
map-whole-pages;
firmware-reserved;
write-combining;
interrupts = <1>, <2>;
interrupt-names = "done", "error";
label = "scaler";"""
WRONG = {
    "no registers": ("reg = <0x1000 0x1000>, <0x8000 0x100>;", "", "'reg' is a required property"),
    "names that are numbers": ('reg-names = "control", "buffer";', "reg-names = <1>;", "reg-names"),
    "width of 3 bytes": ("reg-io-width = <4>;", "reg-io-width = <3>;", "is not one of"),
    "width of 0 bytes": ("reg-io-width = <4>;", "reg-io-width = <0>;", "is not one of"),
    "two widths": ("reg-io-width = <4>;", "reg-io-width = <4 4>;", "reg-io-width"),
    "width of no value": ("reg-io-width = <4>;", "reg-io-width;", "reg-io-width"),
    "byte order with a value": ("big-endian;", "big-endian = <1>;", "big-endian"),
    "read-only with a value": ("read-only;", 'read-only = "yes";', "read-only"),
    "reserved pages with a value": ("firmware-reserved;", "firmware-reserved = <1>;", "firmware-reserved"),
    "whole pages with a value": ("map-whole-pages;", "map-whole-pages = <1>;", "map-whole-pages"),
    "write-combining with a value": ("write-combining;", "write-combining = <1>;", "write-combining"),
    "label that is a number": ('label = "scaler";', "label = <1>;", "label"),
    "label that is too long": ('label = "scaler";', 'label = "12345678901234567890123456789012";',
                               "label"),
    "name that is too long": ('"buffer"', '"12345678901234567890123456789012"', "reg-names"),
    "names of interrupts without any": ("interrupts = <1>, <2>;", "", "interrupt"),
    "unknown property": ("read-only;", "write-only;", "write-only"),
}


def said(*command: str | Path) -> str:
    """What a program printed, on either channel; that it failed without a word is said, too."""
    done = subprocess.run(list(map(str, command)), check=False, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    if done.returncode and not done.stdout.strip():
        return f"{command[0]} failed with status {done.returncode}"
    return done.stdout


def tree(lines: str, name: str = "window@1000") -> str:
    """A device tree that has a node of these lines."""
    return ('/dts-v1/;\n/ { compatible = "test,test"; model = "test"; #address-cells = <1>; '
            '#size-cells = <1>; interrupt-parent = <&ic>; ic: interrupt-controller { '
            'interrupt-controller; #interrupt-cells = <1>; };\n'
            f'{name} {{ {lines} }}; }};\n')


class Validator:
    """dt-schema, with our binding among its own."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._folder = folder
        self._include = source / "include"
        self.schema = folder / "schema.json"
        self.problems = said("dt-mk-schema", "-o", self.schema, BINDING)

    def compiled(self, text: str) -> tuple[Path, str]:
        """A tree, and what the compiler had to say."""
        dts, dtb = self._folder / "tree.dts", self._folder / "tree.dtb"
        dts.write_text(said("cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                            "-I", self._include, self._write(text)), encoding="utf-8")
        dtb.unlink(missing_ok=True)
        return dtb, said("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb, dts)

    def _write(self, text: str) -> Path:
        path = self._folder / "tree.c"
        path.write_text(text, encoding="utf-8")
        return path

    def says(self, dtb: Path) -> str:
        """What is wrong with the windows of a tree."""
        return said("dt-validate", "-l", COMPATIBLE, "-s", self.schema, dtb)

    def of(self, text: str) -> str:
        """What is wrong with a tree that has to be compiled first."""
        dtb, problems = self.compiled(text)
        return problems or self.says(dtb)


def examples() -> list[str]:
    """The examples of the binding, as they are."""
    parts = BINDING.read_text(encoding="utf-8").split("\nexamples:\n")[1]
    return [re.sub(r"^    ", "", part, flags=re.M) for part in parts.split("  - |\n")[1:]]


def main() -> int:
    source, trees = Path(sys.argv[1]), sys.argv[2:]
    found = examples()
    results = Results(3 + len(found) + len(WRONG))
    results.check("binding is as the kernel's are", said("dt-doc-validate", BINDING))
    with tempfile.TemporaryDirectory() as name:
        validator = Validator(Path(name), source)
        for number, example in enumerate(found, 1):
            includes = "\n".join(re.findall(r"^#include.*", example, re.M))
            body = re.sub(r"^#include.*", "", example, flags=re.M)
            text = tree("").rsplit("window@1000", 1)[0]
            results.check(f"example {number} of the binding is right",
                          validator.problems or validator.of(
                              f"{includes}\n{text.replace('#interrupt-cells = <1>', '#interrupt-cells = <2>')}"
                              f"{body} }};\n"))
        results.check("node with everything is right", validator.of(tree(RIGHT)))
        for what, (line, other, words) in WRONG.items():
            said_of_it = validator.of(tree(RIGHT.replace(line, other)))
            results.check(f"{what} is refused",
                          [] if line in RIGHT and words in said_of_it and COMPATIBLE.split(",")[1]
                          in said_of_it else [f"wanted '{words}' in: {said_of_it}"])
        if trees:
            results.check("tree of the virtual machine is right", validator.says(Path(trees[0])))
        else:
            results.skip("tree of the virtual machine is right",
                         "x86 has no device tree: run the tests of arm64")
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
