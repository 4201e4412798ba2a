"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """GOOD as it should be, WRONG to be mended, SEEN an answer to an open question, UNKNOWN no answer."""

    GOOD = "good"
    WRONG = "wrong"
    SEEN = "seen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and what was seen, each one line; `help` for what is wrong."""

    question: str
    seen: str
    grade: Grade
    help: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding as plain data."""
        return {"question": self.question, "seen": self.seen, "grade": self.grade.value, "help": self.help}
