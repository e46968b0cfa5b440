#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One call of a virtual machine that waits for calls (tests/guest/calls): called by tests/check.

Sends the files that have changed, has the suite run the programs, prints their output as it comes,
and judges it as tests/verdict.py does, and the kernel's log as scripts/vm does.

Exit status: 0 if all is well; 1 if a check failed; 120 if the kernel's log is not clean; 121 if the
kernel panicked; 124 if time was up; 125 for a broken set-up or bad use. If the machine can take
another call, the file `kept` is made in --folder.
"""

import argparse
import fcntl
import hashlib
import io
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "scripts"))

# The path is set above.
# pylint: disable=wrong-import-position
import programs  # noqa: E402
import table  # noqa: E402
import verdict  # noqa: E402
from tally import Ktap, Tally  # noqa: E402
from vmlib import machine  # noqa: E402
from vmlib.console import AllowList, Console  # noqa: E402

WARNED, PANIC, TIMEOUT, BROKEN = 120, 121, 124, 125
# As long as scripts/vm allows for a boot.
_BOOT_SECONDS = 300.0
# How long the end of the output may be behind that of the log, or the other way round.
_REST_SECONDS = 10.0
_TICK = 0.05
# How many lines of a log are shown at most.
_MOST_LINES = 40

# tests/oracle.c prints thousands, for tests/stamp.py.
_FOR_HOST = "# inverted "

# What tests/verdict.py and tests/tally.py say of a program.
_OF_PROGRAM = re.compile(r"did not run|exit status \d+, though|errors in its KTAP|: made ")
_RESULT = re.compile(r"\s*(?:not )?ok \d+ (?:- )?(?P<name>\S+)")


# The contents of shared memory differ in each call.
_EACH_TIME = ("vm/pattern", "vm/answer")


class Failed(Exception):
    """The call failed with this status; says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def say(text: str) -> None:
    print(f"check: {text}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    """What tests/check has worked out; not for people."""
    parser = argparse.ArgumentParser(description="called by tests/check")
    parser.add_argument("--folder", required=True, type=Path, help="the machine's, with vm/ in it")
    parser.add_argument("--modules", required=True, type=Path)
    parser.add_argument("--programs", required=True, type=Path)
    parser.add_argument("--stand-ins", type=Path,
                        help="a folder whose programs replace those of the same name")
    parser.add_argument("--tools", type=Path, help="a folder that stress_dev needs")
    parser.add_argument("--kunit", required=True, type=Path,
                        help="tools/testing/kunit of a kernel's source")
    parser.add_argument("--cross", default="", help="the prefix of the architecture's binutils")
    parser.add_argument("--timeout", required=True, type=float, help="of the call, in seconds")
    parser.add_argument("words", nargs="+", help="PROGRAM, PROGRAM/TEST or NAME=VALUE")
    return parser.parse_args()


class Tail:
    """A file that grows, read from an offset."""

    def __init__(self, path: Path, offset: int) -> None:
        self._path, self.offset = path, offset

    def lines(self) -> list[str]:
        """The complete lines that were written since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.offset)
                new = file.read()
        except FileNotFoundError:
            return []
        whole = new[:new.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole.decode(errors="replace").splitlines()


class Machine:
    """The machine whose files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = folder / "state"
        state = json.loads(self._state.read_text()) if self._state.exists() else {}
        # The hashes of the files that the guest has; and how far its logs were read.
        self.has: dict[str, str] = state.get("has", {})
        self.printed = Tail(folder / "printed", state.get("printed", 0))
        self.console = Console(folder / "vm/console.log", "")
        self._logged = Tail(folder / "vm/console.log", state.get("logged", 0))
        self._ready = bool(state)

    def save(self) -> None:
        """For the next call, if there can be one."""
        self._state.write_text(json.dumps({"has": self.has, "printed": self.printed.offset,
                                           "logged": self._logged.offset}))

    def follow(self) -> list[str]:
        """Takes in what the kernel has logged, and returns what is new."""
        new = self._logged.lines()
        for line in new:
            self.console.take(line)
        return new

    def is_up(self) -> bool:
        """Whether scripts/vm runs: it holds a lock."""
        with (self.folder / "up").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def ended(self, when: str) -> Failed:
        """Prints the kernel's last report, or what scripts/vm said."""
        self.follow()
        panic = self.console.panic()
        said = self.console.last_report() if panic else verdict.last_lines(self.folder / "vm.err")
        for line in said[-_MOST_LINES:]:
            print(f"  {line}", file=sys.stderr)
        if panic:
            return Failed(PANIC, f"the kernel panicked {when}: {panic}")
        return Failed(BROKEN, f"the virtual machine ended {when}: run it again, or see"
                              f" {self.folder}/vm.err and {self.folder}/vm/console.log")

    def connect(self) -> socket.socket:
        """Waits until the guest takes calls, and connects to its port."""
        deadline = time.monotonic() + _BOOT_SECONDS
        while True:
            port = socket.socket(socket.AF_UNIX)
            # By the folder's descriptor: the path of a socket has 107 characters at most.
            folder = os.open(self.folder / "vm", os.O_PATH)
            try:
                self._ready = self._ready or "@call ready" in self.printed.lines()
                if not self._ready:
                    raise BlockingIOError
                port.connect(f"/proc/self/fd/{folder}/{machine.CALLS}")
                port.settimeout(_BOOT_SECONDS)
                return port
            except OSError:
                port.close()
                if not self.is_up():
                    raise self.ended("before it could be called") from None
                if time.monotonic() > deadline:
                    raise Failed(BROKEN, "the virtual machine takes no calls: run it again, or see"
                                 f" {self.folder}/vm/console.log") from None
                time.sleep(_TICK)
            finally:
                os.close(folder)


def stripped(module: Path, cache: Path, cross: str) -> bytes:
    """A module without debug information, which would take the guest seconds to unpack."""
    copy = cache / module.name
    if not copy.exists() or copy.stat().st_mtime_ns != module.stat().st_mtime_ns:
        cache.mkdir(exist_ok=True)
        part = copy.with_suffix(".part")
        subprocess.run([f"{cross}strip", "--strip-debug", "-p", "-o", part, module], check=True)
        os.utime(part, ns=(module.stat().st_atime_ns, module.stat().st_mtime_ns))
        part.replace(copy)
    return copy.read_bytes()


def built(args: argparse.Namespace, name: str) -> Path | None:
    """The program of that name, if it is one that is built."""
    folders = filter(None, (args.stand_ins, args.programs))
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def files(args: argparse.Namespace, wanted: dict[str, list[str]]) -> dict[str, tuple[bytes, bool]]:
    """The files that these programs need, by path: contents, and whether they are executable."""
    tests = Path(__file__).resolve().parent
    found = {}
    for path in (tests / "guest/suite", tests / "guest/pci.sh", tests / "guest/programs.tsv", tests / "fuzz.corpus",
                 args.folder / "vm/pattern", args.folder / "vm/answer"):
        found[f"vm/{path.name}"] = path.read_bytes(), path.name == "suite"
    for name in wanted:
        if program := built(args, name):
            found[f"vm/{name}"] = program.read_bytes(), True
    if "stress_dev" in wanted:
        found["vm/stress_dev"] = (tests / "guest/stress_dev").read_bytes(), True
    # Only the programs of their names load these; one is larger than all other modules together.
    others = {f"iomem_{name}.ko" for name in verdict.PROGRAMS
              if name.startswith("attack_") and name not in wanted}
    for module in sorted(args.modules.glob("*.ko")):
        if module.name not in others:
            content = stripped(module, args.folder / "stripped", args.cross)
            found[f"modules/{module.name}"] = content, False
    return found


def archive(new: dict[str, tuple[bytes, bool]], tools: Path | None) -> bytes:
    """A tar archive of the files that have changed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, (content, is_run) in new.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755 if is_run else 0o644
            tar.addfile(info, io.BytesIO(content))
        if tools:
            tar.add(tools, f"vm/{tools.name}")
    return packed.getvalue()


def words_for_suite(args: argparse.Namespace, wanted: dict[str, list[str]]) -> list[str]:
    """The suite's arguments. A program without kselftest's harness runs all of its tests."""
    words = []
    for name, tests in wanted.items():
        program = built(args, name) if tests else None
        there = programs.tests_of(program, f"{args.cross}nm") if program else []
        meant = programs.resolve(name, tests, there) if there else []
        words += [f"{name}/{test}" for test in meant] or [name]
    return words


class Printer:
    """Prints the output of the programs, or of the tests that were named."""

    def __init__(self, wanted: dict[str, list[str]]) -> None:
        self._wanted = wanted
        self._now: str | None = None

    def line(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb == "@begin":
            self._now = rest
        elif verb == "@end":
            self._now = None
        elif verb.startswith("@") or self._now not in self._wanted:
            pass
        elif line.startswith(_FOR_HOST):
            pass
        elif self._wanted[self._now]:
            result = _RESULT.match(line)
            if not result or self.is_meant(result["name"]):
                print(line, flush=True)
        elif line:
            print(line, flush=True)

    def is_meant(self, name: str) -> bool:
        """Whether a result is that of a test that was named."""
        program = self._now or ""
        return any(programs.matches(name, program, test) for test in self._wanted[program])


def call(args: argparse.Namespace, vm: Machine, wanted: dict[str, list[str]],
         values: list[str]) -> tuple[int, bool, str]:
    """Makes the call. Returns the suite's status, whether the state is clean, and the output."""
    words = words_for_suite(args, wanted)
    there = files(args, wanted)
    hashes = {name: hashlib.sha256(content + bytes([is_run])).hexdigest()
              for name, (content, is_run) in there.items()}
    new = {name: there[name] for name in there if vm.has.get(name) != hashes[name]}
    tools = args.tools if args.tools and vm.has.get("tools") != str(args.tools) else None
    content = archive(new, tools)
    token = secrets.token_hex(8)
    begin, end = f"@call {token} begin", f"@call {token} end "
    if vm.has:
        names = [Path(name).name for name in new if name not in _EACH_TIME]
        say(f"new to the virtual machine: {', '.join(names) or 'nothing'}")
    with vm.connect() as port:
        try:
            values = [f"IOMEM_RUN={args.folder.name}", *values]
            line = f"{token} {len(content)} /vm/suite {' '.join(values + words)}\n"
            port.sendall(line.encode() + content)
        except OSError as problem:
            # scripts/vm ends a moment after QEMU.
            time.sleep(0 if isinstance(problem, TimeoutError) else 2)
            if not vm.is_up():
                raise vm.ended("before it took the programs") from None
            raise Failed(BROKEN, f"the virtual machine does not take the programs ({problem}):"
                         " run it again") from None
        printer, body, ended = Printer(wanted), [], ""
        began = logged = False
        deadline = time.monotonic() + _BOOT_SECONDS
        while True:
            up = vm.is_up()
            if any(f"iomem-call {token} end " in line for line in vm.follow()):
                logged = True
                deadline = time.monotonic() + _REST_SECONDS
            for line in vm.printed.lines():
                if line.startswith(end):
                    ended = line[len(end):]
                    deadline = time.monotonic() + _REST_SECONDS
                elif line == begin:
                    began, deadline = True, time.monotonic() + args.timeout
                elif began:
                    body.append(line)
                    printer.line(line)
            if ended and logged:
                break
            if not up:
                raise vm.ended("half-way: the output is not complete" if began
                               else "before it took the programs")
            if time.monotonic() > deadline:
                if ended or logged:
                    raise Failed(BROKEN, f"the end of the {'log' if ended else 'output'} was lost:"
                                         f" run it again, or see {args.folder}/vm/console.log")
                if began:
                    raise Failed(TIMEOUT, f"time was up: {' '.join(wanted)} did not end within"
                                          f" {args.timeout:g} seconds (IOMEM_TEST_TIMEOUT)")
                raise Failed(BROKEN, "the guest did not take the programs in time:"
                                     f" see {args.folder}/vm/console.log")
            time.sleep(_TICK)
    status, state = ended.split()
    vm.has.update(hashes)
    if args.tools:
        vm.has["tools"] = str(args.tools)
    return int(status), state == "clean", "\n".join(body) + "\n"


def tally_of(ktap: Ktap, args: argparse.Namespace, wanted: dict[str, list[str]]) -> Tally:
    """The checks of the programs, and those of what they left behind that failed."""
    total = Tally()
    names = dict.fromkeys((*wanted, programs.ALWAYS))
    run = args.folder.name
    skips = table.Skips.read(run)
    for name, tally in verdict.programs(ktap, args.folder, names):
        tests = wanted.get(name)
        # With tests that are named, a program makes fewer checks than it declares.
        if not tests and not (args.stand_ins and (args.stand_ins / name).exists()):
            table.plan(verdict.PROGRAMS[name], run, tally)
        if tests:
            # Each is "PROGRAM: TEST", and why it failed or was skipped.
            mine = {line: line.partition(": ")[2].partition(" ")[0].rstrip(":")
                    for line in (*tally.passed, *tally.skipped, *tally.failed)}
            meant = {line for line, result in mine.items()
                     if any(programs.matches(result, name, test) for test in tests)}
            # These are not about one test.
            whole = list(filter(_OF_PROGRAM.search, tally.failed))
            for test in tests:
                found = any(programs.matches(result, name, test) for result in mine.values())
                if not found and not whole:
                    raise programs.Unknown(f"there is no test '{test}' in {name}:"
                                           f" T={name} prints the names of all")
            tally.passed = [line for line in tally.passed if line in meant]
            tally.skipped = [line for line in tally.skipped if line in meant]
            tally.failed = [line for line in tally.failed if line in meant] + whole
        skips.judge(tally)
        if name not in wanted:
            tally.passed, tally.skipped = [], []
        total += tally
    total.notes = skips.unused({name for name, tests in wanted.items() if not tests})
    return total


def judge(vm: Machine, status: int, total: Tally) -> int:
    """Prints the result; returns the exit status."""
    allowed = AllowList(Path(__file__).resolve().parent.parent / "scripts/guest/log-allow")
    trouble = vm.console.trouble(allowed)
    for line in trouble[:_MOST_LINES]:
        print(f"log: {line}", file=sys.stderr)
    for race in vm.console.races_of_others():
        print(f"log: not ours: {race}", file=sys.stderr)
    if fault := vm.console.stale_breakpoint() or vm.console.lost_timer():
        raise Failed(BROKEN, f"QEMU did not emulate the machine as it is: run it again: {fault}")
    vm.console.check_room()
    vm.console.check_levels(next((number for number, line in enumerate(vm.console.lines)
                                  if "Linux version" in line), 0))
    for line in total.failed:
        print(f"FAILED  {line}")
    for line in total.skipped:
        print(f"skipped {line}")
    for line in total.notes:
        print(f"note    {line}")
    counts = len(total.passed), len(total.failed), len(total.skipped)
    print("{} passed, {} failed, {} skipped".format(*counts), flush=True)
    if total.failed:
        return 1
    if status:
        raise Failed(1 if status == 1 else BROKEN,
                     f"no check failed, but the suite did (status {status}): see above")
    if not total.passed and not total.skipped:
        raise Failed(BROKEN, "nothing was checked")
    if trouble:
        say("all checks passed, but the kernel's log is not clean: see above")
        return WARNED
    return 0


def main() -> int:
    args = arguments()
    kept = args.folder / "kept"
    kept.unlink(missing_ok=True)
    vm = Machine(args.folder)
    clean = bool(vm.has)
    try:
        named, values = programs.split(args.words)
        wanted = programs.with_others(named)
        status, clean, text = call(args, vm, wanted, values)
        (args.folder / "suite.log").write_text(text)
        if clean:
            vm.save()
        result = judge(vm, status, tally_of(Ktap(args.kunit), args, wanted))
        if clean and result in (0, 1):
            kept.touch()
        return result
    except programs.Unknown as problem:
        # The machine is as good as before.
        if clean:
            kept.touch()
        say(str(problem))
        return BROKEN
    except Failed as problem:
        say(str(problem))
        return problem.status
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
