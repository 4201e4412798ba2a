"""Results of an `auth` function that were seen before, compiled: what a warm Lambda answers from.

PERF: benchmarks/events.py. INVARIANT: what is kept is known by what it says. A list is known by the texts in it, each of
exactly the type `str`, because a list may have changed when it comes again and an object may call itself equal to a rule;
only what can never change (True, False, a tuple of such texts, a `Policy`) is known by being the same object.
"""

from __future__ import annotations

from _operator import countOf, is_

from cwsauth.policy.policy import Policy
from cwsauth.policy.rule import VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.document import Document

# Results kept, rules in all of them together, stages a result: what a caller can make us keep.
MOST = 128
MOST_RULES = 50_000
MOST_PLACES = 8


class Seen:
    """A result with its policy. `documents` has the cacheable documents by stage (`arn:…:API/STAGE`).

    `heads` is what an ARN of the latest of these stages begins with, a text for each verb (`arn:…:API/STAGE/GET/`); `latest`
    is the document there, `allow` and `deny` its resources. INVARIANT: only what was read as a whole is a head, so an ARN that begins with one
    names the same stage and a verb, whatever its path.
    """

    __slots__ = ("allow", "deny", "documents", "heads", "latest", "policy", "result", "texts")
    latest: Document

    def __init__(self, result: object, policy: Policy) -> None:
        self.result = result
        self.texts: tuple[str, ...] = result if type(result) is tuple else ()
        self.policy = policy
        self.documents: dict[str, Document] = {}
        self.heads: tuple[str, ...] = ()
        self.allow: tuple[str, ...] = ()
        self.deny: tuple[str, ...] = ()

    def keep(self, prefix: str, document: Document) -> None:
        """Remembers the cacheable document for a stage."""
        if len(self.documents) >= MOST_PLACES:
            self.documents.clear()
        self.documents[prefix] = document
        self.heads = ()
        self.allow = document.allow
        self.deny = document.deny
        self.latest = document
        # Last, so that who sees a head sees what belongs to it.
        self.heads = tuple([f"{prefix}/{verb}/" for verb in VERBS])


# What no result is: no other object is this one.
_NOBODY = Seen(object(), Policy(()))


class Memory:
    """The results of one function, at most `MOST` of them with `MOST_RULES` rules; the oldest leave first.

    `objects` finds a result by the `id` of the very object that `Seen.result` is; `latest` is what was found last.
    """

    __slots__ = ("_rules", "_texts", "latest", "objects")

    def __init__(self) -> None:
        self.objects: dict[int, Seen] = {}
        self._texts: dict[tuple[str, ...], Seen] = {}
        self.latest = _NOBODY
        self._rules = 0

    def find(self, result: object) -> Seen | None:
        """What is known of `result`; None if it was not seen, or is not what can be known."""
        seen = self.objects.get(id(result))
        if seen is not None and seen.result is result:
            self.latest = seen
            return seen
        kind = type(result)
        if kind is not list and kind is not tuple:
            return None
        # Texts that are the same objects, as those of a constant are, are known without a look at them.
        latest = self.latest
        if len(result) == len(latest.texts) and result and all(map(is_, result, latest.texts)):  # type: ignore[arg-type,call-overload]
            return latest
        texts: tuple[object, ...] = tuple(result)  # type: ignore[arg-type]
        if countOf(map(type, texts), str) != len(texts):
            return None
        seen = self._texts.get(texts)  # type: ignore[arg-type]
        if seen is not None:
            self.latest = seen
        return seen

    def keep(self, result: object, policy: Policy) -> Seen | None:
        """Remembers the policy of a result, if both say the same for every request."""
        if not policy.settled:
            return None
        texts = _texts(result)
        if not texts and type(result) is not bool and type(result) is not Policy:
            return None
        cost = len(policy.rules) + 1
        while self.objects and (len(self.objects) >= MOST or self._rules + cost > MOST_RULES):
            self._forget()
        # The list itself is not kept: its texts are.
        seen = Seen(texts or result, policy)
        self.objects[id(seen.result)] = seen
        if texts:
            self._texts[texts] = seen
        self._rules += cost
        return seen

    def _forget(self) -> None:
        oldest = self.objects.pop(next(iter(self.objects)))
        if type(oldest.result) is tuple and self._texts.get(oldest.result) is oldest:
            del self._texts[oldest.result]
        self._rules -= len(oldest.policy.rules) + 1


def _texts(result: object) -> tuple[str, ...]:
    """The texts of a list or tuple that has nothing else in it; else none."""
    kind = type(result)
    if kind is list:
        texts: tuple[str, ...] = tuple(result)  # type: ignore[arg-type]
    elif kind is tuple:
        texts = result  # type: ignore[assignment]
    else:
        return ()
    return texts if countOf(map(type, texts), str) == len(texts) else ()
