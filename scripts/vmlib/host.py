# SPDX-License-Identifier: GPL-2.0
"""What the guest can ask of the host: to photograph its display, and to plug a device in or pull it out."""

import json
import re
import socket

from .machine import DISPLAY, HOTPLUG

# What it is called becomes a file's name.
_SCREENDUMP = re.compile(r"screendump ([A-Za-z0-9][A-Za-z0-9_-]{0,63})")
# Of one answer of QEMU's. The clock is not watched meanwhile.
_PATIENCE = 10.0
_MOST = 4096


# What is plugged in, and what QEMU is to call it.
_PLUGGED, _PLUGGED_ID = "edu", "plugged"


class _Refused(Exception):
    """The answer is no; says why."""


class _Monitor:
    """QEMU's monitor (QMP): a command and its answer are one line of JSON each."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        self._socket.settimeout(_PATIENCE)
        self._lines = ours.makefile("r", encoding="utf-8")
        self._ready = False

    def command(self, name: str, **arguments: object) -> None:
        """Has QEMU do something, and waits until it has."""
        try:
            if not self._ready:
                self._lines.readline()  # the greeting
                self._ready = True
                self.command("qmp_capabilities")
            self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
            for line in self._lines:
                answer = json.loads(line)
                if "error" in answer:
                    raise _Refused(answer["error"]["desc"])
                # What else comes are events.
                if "return" in answer:
                    return
        except (OSError, ValueError) as error:
            raise _Refused(f"QEMU's monitor: {error}") from None
        raise _Refused("QEMU has ended")


class Host:
    """Answers what comes in by the port `iomem.host`: a line each, as is the answer."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._requests, self._their_requests = socket.socketpair()
        monitor, self._their_monitor = socket.socketpair()
        self._monitor = _Monitor(monitor)
        self._line = b""
        self.asking = [self._requests.fileno()]

    def numbers(self) -> tuple[int, int]:
        """The sockets that are QEMU's: the port's, and its monitor's."""
        return self._their_requests.fileno(), self._their_monitor.fileno()

    def started(self) -> None:
        """QEMU has them now: its end is to be seen here."""
        self._their_requests.close()
        self._their_monitor.close()

    def answer(self) -> None:
        """Reads what was asked, if anything was, and answers each line."""
        try:
            new = self._requests.recv(_MOST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            new = b""
        if not new:
            self.asking = []
        *lines, self._line = (self._line + new).split(b"\n")
        # No request is as long as that: its sender is forgotten.
        self._line = self._line[:_MOST]
        for line in lines:
            try:
                said = "ok " + self._do(line.decode(errors="replace"))
            except _Refused as error:
                said = f"no {error}"
            try:
                self._requests.send(said.replace("\n", " ").encode() + b"\n", socket.MSG_DONTWAIT)
            except OSError:
                pass  # who asked has gone

    def _do(self, request: str) -> str:
        """Does what is asked; returns what there is to say of it."""
        if request == "plug":
            self._monitor.command("device_add", driver=_PLUGGED, bus=HOTPLUG, id=_PLUGGED_ID)
            return "plugged in"
        if request == "unplug":
            # Asks the guest to let go of it, which takes its time.
            self._monitor.command("device_del", id=_PLUGGED_ID)
            return "asked for"
        match = _SCREENDUMP.fullmatch(request)
        if not match:
            raise _Refused(f"'{request}' is not 'screendump' and a name of letters, digits, '-' and '_'")
        name = f"{match[1]}.png"
        # QEMU's folder is that of the run.
        self._monitor.command("screendump", filename=name, format="png", device=DISPLAY)
        return f"{self._shown}/{name}"
