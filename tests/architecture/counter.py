"""Counts what a piece of Python costs, the same on every run: instructions, calls into C, modules, code, memory.

It imports nothing but the standard library, and is run in an interpreter of its own: `python counter.py ROOT`, the code on
standard input as JSON, the figures as JSON on standard output. Time is not among them: it differs from run to run.
"""

from __future__ import annotations

import gc
import json
import sys
from types import CodeType, FrameType
from typing import Any

CLIENT = "import decimal, importlib, json, logging, math, os, sys, time, traceback, warnings"
# Frames of the import system are left out: they depend on where the package lies and on what else is on the path.
LEFT_OUT = ("<frozen importlib", "<frozen zipimport", "<string>", __file__)


class Counter:
    """Instructions of Python by function, and calls of C functions, while it is installed."""

    def __init__(self) -> None:
        self.by_code: dict[CodeType, int] = {}
        self.c_calls = 0
        self.known: dict[CodeType, bool] = {}

    def start(self) -> None:
        """Counts from here on: by `sys.monitoring` where it is there, since tracing misses instructions in Python 3.12."""
        sys.setprofile(self._profile)
        if sys.version_info >= (3, 12):
            sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID + 1, "costs")
            instruction = sys.monitoring.events.INSTRUCTION
            sys.monitoring.register_callback(sys.monitoring.PROFILER_ID + 1, instruction, self._instruction)
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID + 1, instruction)
        else:
            sys.settrace(self._trace)

    def stop(self) -> None:
        """Counts no more."""
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID + 1, 0)
        else:
            sys.settrace(None)
        sys.setprofile(None)

    def instructions(self) -> int:
        """All that were counted."""
        return sum(self.by_code.values())

    def _instruction(self, code: CodeType, offset: int) -> Any:
        if not self._counted(code):
            return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]
        self.by_code[code] = self.by_code.get(code, 0) + 1
        return None

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if not self._counted(frame.f_code):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._local

    def _local(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            self.by_code[frame.f_code] = self.by_code.get(frame.f_code, 0) + 1
        return self._local

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call" and self._counted(frame.f_code):
            self.c_calls += 1

    def _counted(self, code: CodeType) -> bool:
        found = self.known.get(code)
        if found is None:
            found = self.known[code] = not code.co_filename.startswith(LEFT_OUT)
        return found


def count(before: str, code: str, times: int, memory: bool, where: bool) -> dict[str, float]:
    """The figures of `code`, after `before`, for one of its `times` runs; with `memory` also the KB that it leaves held.

    With `where` the instructions of each function instead.
    """
    names: dict[str, Any] = {"__name__": "counted"}
    exec(compile(before, "<string>", "exec"), names)
    program = compile(code, "counted", "exec")
    modules = set(sys.modules)
    counter = Counter()
    gc.collect()
    gc.disable()
    counter.start()
    for _ in range(times):
        exec(program, names)
    counter.stop()
    gc.enable()
    loaded = sorted(set(sys.modules) - modules)
    if where:
        return {
            f"{'/'.join(code.co_filename.split('/')[-2:])} {code.co_qualname}": number / times
            for code, number in sorted(counter.by_code.items(), key=lambda pair: -pair[1])
        }
    found: dict[str, float] = {
        "instructions": round(counter.instructions() / times, 1),
        "C calls": round(counter.c_calls / times, 1),
    }
    if loaded:
        found["modules"] = len(loaded)
        found["code, bytes"] = sum(map(_size, loaded))
    if memory:
        found["held, KB"] = round(_held(program, names), 1)
    return found


def _size(name: str) -> int:
    """The bytes of code that were read for a module, without the name of its file."""
    import marshal

    loader: Any = getattr(sys.modules[name].__spec__, "loader", None)
    code = loader.get_code(name) if hasattr(loader, "get_code") else None
    return len(marshal.dumps(code)) - len(code.co_filename) if code else 0


def _held(program: CodeType, names: dict[str, Any]) -> float:
    import tracemalloc

    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    exec(program, names)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / 1000


def main() -> None:
    """Counts what standard input asks for."""
    asked = json.load(sys.stdin)
    sys.path.insert(0, sys.argv[1])
    exec(asked["client"], {})
    print(json.dumps(count(*(asked[name] for name in ("before", "code", "times", "memory", "where")))))


if __name__ == "__main__":
    main()
