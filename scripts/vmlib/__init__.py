# SPDX-License-Identifier: GPL-2.0
"""The parts of the virtual machine, one concept per file."""


class Broken(Exception):
    """The set-up is broken: nothing that the script did can be judged."""
