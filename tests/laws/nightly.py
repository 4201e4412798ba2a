"""Random (policy, route table, request) triples against each other, many requests to each document.

    python -m tests.laws.nightly --triples 100000 --seed 7

Every triple is judged four times: matcher and oracle say what the rules mean, evaluator and oracle what the document does.
The same seed makes the same triples. Exit status 1 where a document grants too much, or an exact one too little.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count

from cwsauth import Document
from tests.laws.generate import (
    Call,
    Dice,
    any_call,
    chance,
    declared_call,
    granted_call,
    is_declared,
    names_for,
    route_table,
    rule_list,
)
from tests.laws.judging import ROOT_ARN, judge

CALLS = 80  # requests to one document


class Trial:
    """One policy on one API, and the requests that are made of it; `seed` makes it again."""

    def __init__(self, seed: int | str) -> None:
        choose = Dice(seed)
        self.seed = seed
        self.routes = None if chance(choose, 20) else route_table(choose, choose.pick((1, 5, 5)), 20)
        self.rules = rule_list(choose, self.routes)
        names = names_for(choose, self.rules)
        calls = [
            any_call(choose, self.rules, names) if self.routes is None else declared_call(choose, self.routes, names)
            for _ in range(CALLS // 2)
        ]
        self._choose = choose
        self._names = names
        self.calls: list[Call] = [*dict.fromkeys(calls)]
        # The call at hand matters where a document is narrowed, so it is sometimes another one than the root.
        self.arn = choose.pick((ROOT_ARN, self.calls[0].arn))
        self.complement = choose.pick((None, None, None, "deny"))

    def faults(self, seen: Counter[str]) -> Iterator[str]:
        """What is wrong, one sentence each; `seen` counts what there was to be seen."""
        judged = judge(self.rules, self.routes, self.arn, complement=self.complement)
        document = judged.document
        seen["policies"] += 1
        seen["exact" if document.exact else "narrowed"] += 1
        seen["with a deny"] += bool(document.deny)
        for call in [*self.calls, *self._against(document)]:
            meant, granted = judged.meant(call), judged.granted(call)
            seen["triples"] += 1
            seen["allowed"] += meant
            seen["granted"] += granted
            if granted and not meant:
                yield f"{self} grants {call}, which the rules do not"
            if meant and not granted and call.canonical and document.exact:
                yield f"{self} is exact and does not grant {call}"
            if self.complement == "deny" and not meant and not judged.explicitly_denied(call):
                yield f"{self} leaves {call} to a resource policy"

    def _against(self, document: Document) -> list[Call]:
        """Declared calls that are made out of what the document allows."""
        if not document.allow:
            return []
        calls = [granted_call(self._choose, self._choose.pick(document.allow), self._names) for _ in range(CALLS // 2)]
        return [call for call in dict.fromkeys(calls) if is_declared(self.routes, call)]

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.rules} on {self.routes} (complement={self.complement}, arn={self.arn})"


def run(triples: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What was seen in at least `triples` triples, and what was wrong."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for number in count():
        if seen["triples"] >= triples:
            break
        found.extend(Trial(f"{seed}.{number}").faults(seen))
    return seen, found


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.laws.nightly")
    parser.add_argument("--triples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    seen, found = run(options.triples, options.seed)
    print(", ".join(f"{number} {what}" for what, number in sorted(seen.items())))
    for fault in found[:20]:
        print(fault)
    print(f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
