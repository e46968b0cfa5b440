# SPDX-License-Identifier: GPL-2.0
"""The guest's root file system: a cpio archive ("newc"), written here.

Written here rather than by cpio(1), so that every file is root's whichever user
builds it, and so that no copy of the tree has to be made first.
"""

import os
import shlex
import stat
import subprocess
from pathlib import Path

from . import Broken

# Where the guest finds what was added: the script's folder and its first in PATH.
GUEST_FOLDER = "vm"

_DIRECTORIES = ("bin", "dev", "etc", "lib", "proc", "root", "run", "sbin", "sys", "tmp", "usr",
                "usr/bin", "usr/sbin")


class Archive:
    """A cpio archive in the making; parents must be added before children."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._inode = 0

    def _entry(self, name: str, mode: int, data: bytes = b"") -> None:
        encoded = os.fsencode(name) + b"\0"
        self._inode += 1
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self._file.write(header + b"\0" * (-len(header) % 4))
        self._file.write(data)
        self._file.write(b"\0" * (-len(data) % 4))

    def folder(self, name: str) -> None:
        """Adds an empty folder."""
        self._entry(name, stat.S_IFDIR | 0o755)

    def text(self, name: str, text: str, mode: int = 0o644) -> None:
        """Adds a file that holds `text`."""
        self._entry(name, stat.S_IFREG | mode, os.fsencode(text))

    def link(self, name: str, target: str) -> None:
        """Adds a symbolic link."""
        self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(target))

    def copy(self, source: Path, name: str, executable: bool = False) -> None:
        """Adds a file, a symbolic link or a whole folder, with its modes."""
        info = source.lstat()
        mode = info.st_mode
        if stat.S_ISREG(mode):
            self._entry(name, mode | (0o111 if executable else 0), source.read_bytes())
        elif stat.S_ISLNK(mode):
            self.link(name, os.readlink(source))
        elif stat.S_ISDIR(mode):
            self._entry(name, mode)
            for child in sorted(source.iterdir()):
                self.copy(child, f"{name}/{child.name}")
        else:
            raise Broken(f"'{source.name}' is neither a file, a folder nor a link: do not add it")

    def close(self) -> None:
        """Ends the archive."""
        self._inode = -1
        self._entry("TRAILER!!!", 0)
        self._file.close()


def settings(**values: str | list[str]) -> str:
    """What /init is told, as shell assignments; a list becomes "$@"."""
    lines = []
    for key, value in values.items():
        if isinstance(value, list):
            lines.append(shlex.join(["set", "--", *value]))
        else:
            lines.append(f"{key}={shlex.quote(value)}")
    return "\n".join(lines) + "\n"


def _add_modules(archive: Archive, modules: dict[str, Path], release: str, work: Path) -> None:
    """Adds the modules twice: in /modules for insmod, by their names, and as modprobe wants them."""
    base = work / "modroot"
    folder = base / "lib/modules" / release
    folder.mkdir(parents=True)
    for parent in sorted({"modules", *(str(Path("modules", name).parent) for name in modules)}):
        archive.folder(parent)
    for name, module in modules.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(module.read_bytes())
        # A link, not a copy: debug information makes modules large, and each costs boot time.
        archive.link(f"modules/{name}", f"/lib/modules/{release}/{name}")
    # Without these two depmod warns about a kernel that is, here, not incomplete.
    (folder / "modules.order").touch()
    (folder / "modules.builtin").touch()
    done = subprocess.run(["depmod", "-b", base, release], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Broken(f"depmod failed for the modules of {release}: {done.stderr.strip()}")
    archive.copy(base / "lib/modules", "lib/modules")


def build(target: Path, *, busybox: Path, init: Path, programs: list[Path], stage: Path,
          modules: dict[str, Path], release: str, told: str, work: Path) -> None:
    """Writes the whole root file system to `target`."""
    for needed in (busybox, init, *programs):
        if not needed.is_file():
            raise Broken(f"'{needed}' is missing; run scripts/prepare again")
    archive = Archive(target)
    for name in _DIRECTORIES:
        archive.folder(name)
    archive.copy(busybox, "bin/busybox", executable=True)
    archive.link("bin/sh", "busybox")
    archive.copy(init, "init", executable=True)
    for program in programs:
        archive.copy(program, f"bin/{program.name}", executable=True)
    archive.text("etc/vm", told, 0o600)
    archive.text("etc/passwd", "root::0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    archive.text("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    archive.copy(stage, GUEST_FOLDER)
    if modules:
        _add_modules(archive, modules, release, work)
    archive.close()
