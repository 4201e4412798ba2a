"""Why a document says less than its policy."""

from __future__ import annotations

from enum import Enum


class Narrowing(Enum):
    """Why a request that a policy allows is refused by its document."""

    UNSAYABLE = "no document of any size can say it"
    NOT_FOUND = "none of the texts that were tried says it"
    BUDGET = "the search for it would take longer than it may"
    CALL = "it depends on the call"
