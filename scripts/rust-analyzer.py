#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Adds this project's crates to the rust-project.json that kbuild makes.

Kbuild's generator knows modules of one crate, in a folder with a Makefile of
its own; ours share a crate, and two of its modules are generated.

usage: rust-analyzer.py TREE OUTPUT [ROOT]   (where OUTPUT/rust-project.json is, after a build)

ROOT is the build root, where that is not this machine's: an editor runs outside of it, and finds the sources of
the standard library by the names that they have there.
"""

import json
import re
import sys
from pathlib import Path

# Each crate with the crates that it uses, beside the kernel's own.
CRATES = [
    ("iomem", "rust/iomem/lib.rs", ()),
    ("iomem_dev", "rust/iomem_dev/lib.rs", ("iomem",)),
]
KERNEL = ("core", "kernel", "pin_init", "zerocopy", "zerocopy_derive")


def own_cfgs(output: Path) -> list[str]:
    """The cfgs that the Kbuild decided on, from the command that it kept."""
    return re.findall(r"--cfg (\w+)", (output / "rust/iomem/.lib.o.cmd").read_text())


def main() -> None:
    tree, output = (Path(arg) for arg in sys.argv[1:3])
    root = "".join(sys.argv[3:4])
    project = json.loads((output / "rust-project.json").read_text())
    crates = project["crates"]
    index = {crate["display_name"]: number for number, crate in enumerate(crates)}
    kernel = crates[index["kernel"]]
    for crate in crates:
        if crate["root_module"].startswith("/usr/"):
            crate["root_module"] = root + crate["root_module"]
    if "sysroot" in project:
        project["sysroot"] = root + project["sysroot"]

    # The test modules' roots say which module they are; the files that they share do not.
    tests = [(f"iomem_test_{root.stem}", root.relative_to(tree), ("iomem",))
             for root in sorted((tree / "tests/kmod").glob("*.rs")) if "module! {" in root.read_text()]
    samples = [(f"sample_{root.stem}", root.relative_to(tree), ("iomem",))
               for root in sorted((tree / "samples").glob("*.rs"))]
    for name, root, uses in CRATES + tests + samples:
        crates.append({
            **kernel,
            "display_name": name,
            "root_module": str(tree / root),
            "is_workspace_member": True,
            "deps": [{"crate": index[dep], "name": dep} for dep in (*KERNEL, *uses) if dep in index],
            "cfg": kernel["cfg"] + own_cfgs(output) + ["MODULE"],
            "env": {**kernel.get("env", {}), "IOMEM_GENERATED": str(output)},
            "source": {"include_dirs": [str(tree / "rust"), str((tree / root).parent), str(output)],
                       "exclude_dirs": []},
        })
        index[name] = len(crates) - 1
    (tree / "rust-project.json").write_text(json.dumps(project, sort_keys=True, indent=4) + "\n")


if __name__ == "__main__":
    main()
