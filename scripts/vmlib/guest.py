# SPDX-License-Identifier: GPL-2.0
"""One run of the machine: start it, carry its bytes, and end it whatever happens."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import termios
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .console import Console
from .host import Host

# A loaded machine without KVM can be slow to boot, and a kernel that watches each access of its own
# takes a minute to unpack its programs alone; the script's time begins after that.
BOOT_SECONDS = 300.0
# From the script's end to QEMU's: a restart of the guest takes a second, if the host has one to give.
_LEAVE_SECONDS = 60.0
_TICK_MS = 50
_CHUNK = 4096  # what a pipe that polls writable takes without blocking (PIPE_BUF)
_PENDING = 1 << 16
_PR_SET_PDEATHSIG = 1


class End(Enum):
    """Who ended the run."""

    ITSELF = 1
    BOOT_TIMEOUT = 2
    SCRIPT_TIMEOUT = 3
    LEAVE_TIMEOUT = 4
    INTERRUPT = 5


@dataclass
class Outcome:
    """How it went."""

    end: End
    qemu_status: int
    signal: int = 0
    # Whether all that the script printed has arrived.
    whole: bool = True


class _Stop(Exception):
    """The run is to end now."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _on_signal(number: int, _frame: object) -> None:
    raise _Stop(number)


def _die_with_parent() -> None:
    """In the child: no QEMU outlives this program, not even if that is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Pump:
    """Carries bytes between the guest's channel and our stdin and stdout.

    Never blocks: a reader that stopped reading must not stop the watchdog.
    """

    def __init__(self, channel: socket.socket, terminal: bool, end: bytes) -> None:
        self._channel = channel.fileno()
        self._terminal = terminal
        self._end = end  # what the guest puts behind the output, which is not handed on
        self._held = b""  # may be the beginning of it
        self._out = b""  # for our stdout
        self._in = b""  # for the guest
        self._mute = False
        self.open = True
        os.set_blocking(self._channel, False)

    def step(self, also: list[int]) -> set[int]:
        """Waits for a tick at most; returns which of `also` have something to say."""
        poll = select.poll()
        events = (select.POLLIN if len(self._out) < _PENDING else 0) | (
            select.POLLOUT if self._in else 0)
        if self.open and events:
            poll.register(self._channel, events)
        if self._out:
            poll.register(1, select.POLLOUT)
        if self._terminal and not self._in:
            poll.register(0, select.POLLIN)
        for fd in also:
            poll.register(fd, select.POLLIN)
        ready = dict(poll.poll(_TICK_MS))
        if self._channel in ready:
            self._from_guest(ready[self._channel])
        if 1 in ready:
            self._to_stdout()
        if 0 in ready:
            self._from_stdin()
        return {fd for fd in also if fd in ready}

    @property
    def idle(self) -> bool:
        """Nothing is left to hand on."""
        return not self.open and not self._out

    @property
    def whole(self) -> bool:
        """The end of the output has come, where one is waited for."""
        return not self._end

    def _without_end(self, data: bytes) -> bytes:
        """What can be handed on, now that `data` has come; all of it when nothing comes any more."""
        held, self._held = self._held + data, b""
        if not self._end:
            return held
        before, end, after = held.partition(self._end)
        if end:
            self._end = b""
            return before + after
        if data:
            most = min(len(held), len(self._end) - 1)
            count = next((n for n in range(most, 0, -1) if held.endswith(self._end[:n])), 0)
            held, self._held = held[:len(held) - count], held[len(held) - count:]
        return held

    def _from_guest(self, event: int) -> None:
        if event & select.POLLOUT and self._in:
            try:
                self._in = self._in[os.write(self._channel, self._in):]
            except OSError:
                self._in = b""
        if event & ~select.POLLOUT:
            try:
                data = os.read(self._channel, _PENDING)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.open = bool(data)
            data = self._without_end(data)
            if not self._mute:
                self._out += data

    def _to_stdout(self) -> None:
        try:
            self._out = self._out[os.write(1, self._out[:_CHUNK]):]
        except BlockingIOError:
            pass
        except OSError:
            # Our reader has gone. The script's status still counts: run on in silence.
            self._out, self._mute = b"", True

    def _from_stdin(self) -> None:
        try:
            data = os.read(0, _CHUNK)
        except OSError:
            data = b""
        if not data:
            raise _Stop(signal.SIGHUP)  # the terminal has gone
        self._in += data


class _RawTerminal:
    """Our terminal hands every key to the guest's, Ctrl-C too, and is put back after."""

    def __init__(self, wanted: bool) -> None:
        self._saved = termios.tcgetattr(0) if wanted and os.isatty(0) else None

    def __enter__(self) -> None:
        if self._saved:
            tty.setraw(0)

    def __exit__(self, *_: object) -> None:
        if self._saved:
            termios.tcsetattr(0, termios.TCSADRAIN, self._saved)


def run(make_command: Callable[[int, int, int], list[str]], *, end: str, out: Path, shown: str, console: Console,
        shell: bool, timeout: float | None, lifeline: Path | None,
        on_start: Callable[[float], None]) -> Outcome:
    """Runs QEMU to its end, or ends it.

    `lifeline` is a FIFO that our caller holds open for writing: when the caller
    is gone, however it went, the FIFO says so. `shown` is what to call `out` to
    a person; `end` comes behind the output of a script.
    """
    ours, theirs = socket.socketpair()
    host = Host(shown)
    command = make_command(theirs.fileno(), *host.numbers())
    (out / "command").write_text("\n".join(command) + "\n", encoding="utf-8", errors="replace")
    watched = [os.open(lifeline, os.O_RDONLY | os.O_NONBLOCK)] if lifeline else []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    began = time.monotonic()
    deadline, limit = began + BOOT_SECONDS, End.BOOT_TIMEOUT
    qemu = None
    try:
        with (out / "qemu.log").open("wb") as log, _RawTerminal(shell):
            qemu = subprocess.Popen(command, cwd=out, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, pass_fds=(theirs.fileno(), *host.numbers()),
                                    preexec_fn=_die_with_parent)
            theirs.close()
            host.started()
            pump = _Pump(ours, shell, end.encode())
            started = left = False
            while qemu.poll() is None:
                ready = pump.step(watched + host.asking)
                if ready.intersection(watched):
                    raise _Stop(signal.SIGHUP)
                if ready:
                    host.answer()
                console.follow()
                if console.began and not started:
                    started = True
                    on_start(time.monotonic() - began)
                    deadline = time.monotonic() + timeout if timeout else float("inf")
                    limit = End.SCRIPT_TIMEOUT
                if console.status is not None and not left:
                    left = True
                    deadline, limit = time.monotonic() + _LEAVE_SECONDS, End.LEAVE_TIMEOUT
                if time.monotonic() > deadline:
                    return Outcome(limit, 0, whole=pump.whole)
            # QEMU has gone; what it left in the socket is still the script's output.
            deadline = time.monotonic() + (timeout or _LEAVE_SECONDS)
            while not pump.idle and time.monotonic() < deadline:
                if pump.step(watched):
                    raise _Stop(signal.SIGHUP)
            return Outcome(End.ITSELF, qemu.returncode, whole=pump.whole)
    except _Stop as stop:
        return Outcome(End.INTERRUPT, 0, stop.number)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if qemu and qemu.poll() is None:
            qemu.kill()
            qemu.wait()
        console.finish()
