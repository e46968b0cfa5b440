#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether every public item of the library is documented as it should be. Prints KTAP.

usage: docs.py OUTPUT KERNEL_SOURCE FOLDER

Builds the pages into FOLDER/pages and rustdoc's JSON into FOLDER, and looks through the
latter: a description, an example that shows the item, for what can fail the errors, and for what
does something when it is dropped, from where it can be.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from ktap import Results

TREE = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
# The fields of a structure of C are described in its header.
BINDGEN = "bindings_generated.rs"
# Written by a macro of the kernel crate's.
GENERATED = ("project",)
# What needs no example: it is shown by what it is part of, or is a mere value.
PLAIN = ("module", "constant", "assoc_const", "assoc_type", "struct_field", "variant")
# Of other crates: what does nothing when it is dropped, and what does what is in it. Of all else it
# is taken that it does something.
INERT = ("Opaque", "NonNull", "PhantomData", "PhantomPinned", "Atomic", "ThisModule", "NotThreadSafe",
         "ManuallyDrop", "MaybeUninit", "LocalFile", "Error", "Instant", "Delta", "NonZero", "Infallible", "PhysAddr", "ResourceSize",
         "ArcBorrow", "VmaRef", "VmaNew", "Wrapping", "LockClassKey")
WRAPPERS = ("Option", "Result", "Pin", "UnsafeCell", "Cell", "Mutex", "SpinLock", "SpinLockIrq", "Lock", "SetOnce",
            "Cow")
DROP_CONTEXT = re.compile(r"\bContext\s+of\s+the\s+drop: \w")


class Item:
    """One public item, with what its documentation has."""

    def __init__(self, entry: dict, path: str, parent: "Item | None", docs: str) -> None:
        self.kind = next(iter(entry["inner"]))
        self.inner = entry["inner"][self.kind]
        self.path = path
        self.parent = parent
        self.docs = docs
        span = entry["span"] or {"filename": "?", "begin": [0]}
        self.where = where(entry)
        self.place = f"{Path(span['filename']).name}:{span['begin'][0]}"

    def has(self, heading: str) -> bool:
        return re.search(rf"^# {heading}$", self.docs, re.M) is not None

    def examples(self) -> str:
        """All code of its documentation."""
        return "\n".join(FENCE.findall(self.docs))

    def can_fail(self) -> bool:
        """A function that returns a `Result`, or an initializer that can fail."""
        if self.kind != "function":
            return False
        output = self.inner["sig"]["output"]
        if not output:
            return False
        if "resolved_path" in output:
            path = output["resolved_path"]
            # Releases of rustdoc before 1.87 say "name" for "path".
            name = path.get("path", path.get("name", ""))
            return name.endswith("Result") and "fmt" not in name
        return "impl_trait" in output and '"Error"' in json.dumps(output)


def walk(index: dict, number: int, path: str, parent: Item | None, items: list[Item]) -> None:
    """Collects an item and those in it."""
    entry = index.get(str(number))
    if entry is None:
        return
    kind = next(iter(entry["inner"]))
    inner = entry["inner"][kind]
    if kind == "use":
        # What is re-exported is public here, with all that it has, under the name that it has here.
        target = index.get(str(inner["id"]))
        if target is None:
            docs = entry["docs"] or ""
            items.append(Item({**entry, "inner": {"constant": {}}}, f"{path}::{inner['name']}", parent,
                              docs))
            return
        if entry["docs"]:
            target = {**target, "docs": entry["docs"]}
        walk({**index, str(inner["id"]): {**target, "name": inner["name"]}}, inner["id"], path, parent,
             items)
        return
    if kind == "impl":
        # The methods of a trait are documented with the trait.
        if not inner["trait"]:
            for child in inner["items"]:
                walk(index, child, path, parent, items)
        return
    if kind == "struct_field" and (entry["visibility"] != "public" or entry["name"].isdigit()
                                   or BINDGEN in (entry["span"] or {}).get("filename", "")):
        return
    path = f"{path}::{entry['name']}" if path else entry["name"]
    item = Item(entry, path, parent, entry["docs"] or "")
    items.append(item)
    parts = [*inner.get("impls", []), *inner.get("items", []), *inner.get("variants", [])] \
        if isinstance(inner, dict) else []
    struct = inner.get("kind") if kind == "struct" else None
    if isinstance(struct, dict) and "plain" in struct:
        parts += struct["plain"]["fields"]
    for child in parts:
        walk(index, child, path, item, items)


def without_example(items: list[Item]) -> list[str]:
    """Items that no example shows: none of their own or of their type, and none that names them."""
    code = "\n".join(item.examples() for item in items)
    missing = []
    for item in items:
        if item.kind in PLAIN or item.examples():
            continue
        if item.parent and item.parent.kind != "module" and item.parent.examples():
            continue
        name = item.path.rpartition("::")[2]
        if name not in GENERATED and not re.search(rf"\b{name}\b", code):
            missing.append(f"{item.place}: {item.path}")
    return missing


def last(path: dict) -> str:
    """The last part of a path. Releases of rustdoc before 1.87 say "name" for "path"."""
    return path.get("path", path.get("name", "")).rpartition("::")[2]


class Drops:
    """Which types do something when they are dropped: by themselves, or by what is in them."""

    def __init__(self, index: dict) -> None:
        """`index` is rustdoc's, with all private items."""
        self.index = index
        self.known: dict[str, bool] = {}

    def entry(self, number: object) -> bool:
        """Whether the structure, enumeration or alias of that number does."""
        key = str(number)
        if key not in self.known:
            # While it is looked at, what is within itself adds nothing.
            self.known[key] = False
            self.known[key] = self._look(self.index[key])
        return self.known[key]

    def _look(self, entry: dict) -> bool:
        kind = next(iter(entry["inner"]))
        inner = entry["inner"][kind]
        if kind == "type_alias":
            return self.kind(inner["type"])
        impls = [self.index[str(number)]["inner"]["impl"] for number in inner.get("impls", ())
                 if str(number) in self.index]
        # Not what is so of any type that something else is so of.
        traits = {last(impl["trait"]) for impl in impls if impl["trait"] and not impl.get("blanket_impl")}
        if "Copy" in traits:
            return False
        if traits & {"Drop", "PinnedDrop"}:
            return True
        return any(self._field(number) for number in self._fields(kind, inner))

    def _fields(self, kind: str, inner: dict) -> list:
        """The numbers of all fields."""
        if kind == "enum":
            variants = (self.index[str(number)]["inner"]["variant"]["kind"] for number in inner["variants"])
            shapes = [variant for variant in variants if isinstance(variant, dict)]
        else:
            shapes = [inner["kind"]] if isinstance(inner.get("kind"), dict) else []
        return [number for shape in shapes for part in shape.values()
                for number in (part["fields"] if isinstance(part, dict) else part) if number is not None]

    def _field(self, number: object) -> bool:
        return self.kind(self.index[str(number)]["inner"]["struct_field"])

    def kind(self, of: dict) -> bool:
        """Whether a type does, as rustdoc writes it."""
        kind = next(iter(of))
        inner = of[kind]
        if kind in ("generic", "qualified_path", "impl_trait", "dyn_trait"):
            return True
        if kind == "tuple":
            return any(map(self.kind, inner))
        if kind in ("array", "slice"):
            return self.kind(inner["type"] if kind == "array" else inner)
        if kind != "resolved_path":
            return False
        entry = self.index.get(str(inner["id"]))
        if entry and next(iter(entry["inner"])) in ("struct", "enum", "type_alias"):
            return self.entry(inner["id"])
        name = last(inner)
        # C's names, of numbers, begin with a small letter.
        if name in INERT or not name[:1].isupper():
            return False
        arguments = ((inner.get("args") or {}).get("angle_bracketed") or {}).get("args", ())
        return name not in WRAPPERS or any(self.kind(each["type"]) for each in arguments if "type" in each)

    def place(self) -> set[tuple]:
        """Where those types are declared."""
        return {where(entry) for number, entry in self.index.items()
                if next(iter(entry["inner"])) in ("struct", "enum") and entry["crate_id"] == 0
                and self.entry(number)}


def where(entry: dict) -> tuple:
    """Where an item is declared."""
    span = entry["span"] or {"filename": "?", "begin": [0]}
    return span["filename"], *span["begin"]


def main() -> int:
    output, kernel, folder = (Path(word).resolve() for word in sys.argv[1:4])
    results = Results(9)

    rustdoc = [sys.executable, "-B", str(TREE / "scripts/rustdoc.py")]
    done = subprocess.run([*rustdoc, str(output), str(kernel), str(folder / "pages")],
                          check=False, text=True, capture_output=True)
    results.check("pages_build_without_warnings", done.stderr if done.returncode else "")
    done = subprocess.run([*rustdoc, "--json", str(output), str(folder)],
                          check=False, text=True, capture_output=True)
    results.check("items_can_be_read", done.stderr if done.returncode else "")
    if done.returncode:
        return results.finish()

    crate = json.loads((folder / "iomem.json").read_text(encoding="utf-8"))
    items: list[Item] = []
    walk(crate["index"], crate["root"], "", None, items)
    results.check("there_are_items", [] if len(items) > 50 else [f"only {len(items)}"])
    results.check("every_item_is_described",
                  [f"{item.place}: {item.path}" for item in items if not item.docs.strip()])
    results.check("every_item_is_shown_in_an_example", without_example(items))
    results.check("every_failure_is_listed",
                  [f"{item.place}: {item.path} has no '# Errors'" for item in items
                   if item.can_fail() and not item.has("Errors")])
    results.check("every_unsafe_function_says_what_it_asks",
                  [f"{item.place}: {item.path} has no '# Safety'" for item in items
                   if item.kind == "function" and item.inner["header"]["is_unsafe"]
                   and not item.has("Safety")])

    done = subprocess.run([*rustdoc, "--json", "--document-private-items", str(output), str(folder / "private")],
                          check=False, text=True, capture_output=True)
    if done.returncode:
        results.check("private_items_can_be_read", done.stderr)
        return results.finish()
    private = json.loads((folder / "private/iomem.json").read_text(encoding="utf-8"))
    dropped = Drops(private["index"]).place()
    types = [item for item in items if item.kind in ("struct", "enum") and item.where in dropped]
    results.check("there_are_types_that_are_dropped", [] if len(types) > 20 else [f"only {len(types)}"])
    results.check("every_drop_says_its_context",
                  [f"{item.place}: {item.path}" for item in types if not DROP_CONTEXT.search(item.docs)])
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
