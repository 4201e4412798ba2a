"""The fenced blocks of a Markdown file, and how each kind is run.

A comment on the line above a block says how to take it: `<!-- no-run: reason -->` leaves a python block out,
`<!-- run -->` makes the commands of a console block run. All python blocks of one file share their names, so that a page
can build on what it showed before.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})[ ]*(?P<language>[A-Za-z0-9_+-]*)[^\n]*")
MARK = re.compile(r"<!--\s*(?P<name>no-run|run)\s*(?::\s*(?P<reason>.*?))?\s*-->")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the line of its first line of code (from 1), its language, its code, its mark."""

    line: int
    language: str
    code: str
    mark: str = ""
    reason: str = ""


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text, in order."""
    found = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opened = FENCE.fullmatch(lines[at].strip())
        at += 1
        if opened is None:
            continue
        start = at
        while at < len(lines) and lines[at].strip() != opened["fence"]:
            at += 1
        indent = len(lines[start - 1]) - len(lines[start - 1].lstrip())
        code = "".join(line[indent:] + "\n" for line in lines[start:at])
        above = next((line.strip() for line in reversed(lines[: start - 1]) if line.strip()), "")
        mark = MARK.fullmatch(above)
        found.append(
            Block(
                start + 1,
                opened["language"].lower(),
                code,
                mark["name"] if mark else "",
                (mark["reason"] or "") if mark else "",
            )
        )
        at += 1
    return found


def run_python(block: Block, page: Path, module: ModuleType) -> None:
    """Executes a python block in the namespace of its page; one with `>>>` has to print what it shows."""
    namespace = vars(module)
    if ">>> " not in block.code:
        # The line numbers of a traceback are those of the page.
        code = compile("\n" * (block.line - 1) + block.code, str(page), "exec", dont_inherit=True)
        exec(code, namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.code, namespace, page.name, str(page), block.line - 1)
    test.globs = namespace  # the parser takes a copy, and later blocks need the names
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def run_console(block: Block, page: Path, root: Path) -> None:
    """Runs the lines that begin with `$ `, and compares what they print with what stands below each."""
    for line, command, expected in commands(block):
        where = f"{page.name}:{line}: {command}"
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=root,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "COLUMNS": "100",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0 or expected, f"{where} ended with {result.returncode}:\n{result.stdout}"
        if expected:
            same = doctest.OutputChecker().check_output(expected, result.stdout, FLAGS)
            assert same, f"{where} printed\n{result.stdout}\nand the page says\n{expected}"


def commands(block: Block) -> list[tuple[int, str, str]]:
    """Line, command and expected output of each `$ ` line; a command goes on after a backslash at the end of its line."""
    found: list[tuple[int, str, str]] = []
    lines = block.code.splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].startswith("$ "):
            at += 1
            continue
        start = at
        command = lines[at][2:]
        while command.endswith("\\") and at + 1 < len(lines):
            at += 1
            command = command[:-1] + lines[at].removeprefix("> ").strip()
        at += 1
        output = []
        while at < len(lines) and not lines[at].startswith("$ "):
            output.append(lines[at] + "\n")
            at += 1
        found.append((block.line + start, command, "".join(output).strip("\n") and "".join(output)))
    return found
