"""A child process that is told of an interruption at the right time, and never left to itself."""

from __future__ import annotations

import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

# A terminal's Ctrl-C, a CI service's cancellation, a terminal that is closed.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(DeployError):
    """Somebody stopped the command; the child has ended and has written down what it did."""


@dataclass(slots=True)
class Child:
    """A running process. `patient`: how many interruptions are only noted before the process hears of them.

    It has a session of its own, so a terminal's Ctrl-C does not reach it past us: one that hears of an interruption in
    the middle of a change breaks off requests whose effect nobody then knows.
    """

    patient: int
    noted: Callable[[], None]
    interruptions: int = 0
    _process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process itself."""
        assert self._process is not None
        return self._process

    def start(self, process: subprocess.Popen[str]) -> None:
        """Take charge of the process; what came before it started counts."""
        self._process = process
        if self.interruptions > self.patient:
            process.send_signal(signal.SIGINT)

    def interrupt(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Note an interruption, and pass it on when patience is over."""
        self.interruptions += 1
        if self.interruptions <= self.patient:
            self.noted()
        elif self._process is not None:
            self._process.send_signal(signal.SIGINT)


@contextmanager
def child(
    command: Sequence[str],
    *,
    directory: Path,
    environ: Mapping[str, str],
    together: bool = False,
    private: bool = False,
    patient: int = 0,
    noted: Callable[[], None] = lambda: None,
) -> Iterator[Child]:
    """A process in `directory`; it has ended when the block has. `together` puts its errors into its output.

    `private` lets nobody else read the files that it makes.

    Raises:
        Interrupted: a signal came while it ran.
    """
    running = Child(patient, noted)
    with (
        _heard_by(running.interrupt),
        subprocess.Popen(  # noqa: S603
            command,
            cwd=directory,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if together else subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            umask=0o077 if private else -1,
        ) as process,
    ):
        running.start(process)
        try:
            yield running
        finally:
            # Where the block failed, the output is read on: a process without a reader dies before it has written its state.
            process.communicate()
    if running.interruptions:
        raise Interrupted(
            "interrupted; terraform has ended and keeps in its state what it did",
            help="run the command again: it goes on where this one stopped",
        )


@contextmanager
def _heard_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Signals that would end us go to `handler`; ignored ones stay ignored, and other threads never get any."""
    before: list[tuple[signal.Signals, Any]] = []
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            was = signal.getsignal(number)
            if was not in (signal.SIG_IGN, None):
                before.append((number, was))
                signal.signal(number, handler)
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)
