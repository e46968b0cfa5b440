# SPDX-License-Identifier: GPL-2.0
"""The compiler's command for a crate, as kbuild kept it.

What is to be compiled as kbuild compiles it, a page of documentation or a misuse that
must not build, takes its flags from the `.cmd` file of something that kbuild built.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

# What belongs to the crate that the command is of, and where it was built; a word of its own may follow.
_OWN = re.compile(r"--(emit|crate-name|crate-type|out-dir|remap-path-prefix)(=|$)")


class SavedCommand:
    """How kbuild compiled one object, without what names that object."""

    def __init__(self, output: Path, target: str) -> None:
        """`output` is the output folder, `target` an object in it: rust/iomem/lib.o."""
        path = output / Path(target).parent / f".{Path(target).name}.cmd"
        text = path.read_text(encoding="utf-8")
        # As make would read it: make-cmd of scripts/Kbuild.include wrote it.
        line = text.split(":=", 1)[1].split("\n", 1)[0]
        line = line.replace("$(pound)", "#").replace("$$", "$")
        words = shlex.split(line)
        # What comes after the compiler, such as objtool.
        end = next((at for at, word in enumerate(words, 1) if word.endswith(";")), len(words))
        words = [word.rstrip(";") for word in words[:end]]

        self.folder = output
        self.environment = {"RUSTC_BOOTSTRAP": "1", "IOMEM_GENERATED": str(output)}
        while re.match(r"\w+=", words[0]):
            name, value = words.pop(0).split("=", 1)
            self.environment[name] = value
        self.compiler = words.pop(0)
        words = [word for word in words if word]
        self.source = Path(words.pop())
        self.flags = []
        while words:
            word = words.pop(0)
            if _OWN.match(word):
                if "=" not in word:
                    words.pop(0)
            else:
                self.flags.append(word)

    def run(self, program: str, *words: str, **more) -> subprocess.CompletedProcess:
        """Runs `program`, the compiler or one that takes its flags, where kbuild ran it."""
        more["env"] = {**os.environ, **self.environment, **more.get("env", {})}
        return subprocess.run([program, *self.flags, *words], cwd=self.folder,
                              check=False, text=True, **more)
