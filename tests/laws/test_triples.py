"""Many requests to each of many documents: a hundred thousand in the nightly profile."""

from __future__ import annotations

from hypothesis import settings

from tests.laws.nightly import run


def test_no_triple_is_over_granted() -> None:
    """No document of random policies and route tables allows a request that its policy refuses; exact ones miss none."""
    triples = min(100_000, settings().max_examples * 40)
    seen, found = run(triples, seed=settings().max_examples)
    assert found == []
    # What was tried was worth trying: requests of both kinds, documents of both kinds.
    assert seen["triples"] >= triples
    assert 0.1 < seen["allowed"] / seen["triples"] < 0.9
    assert seen["granted"] > 0.3 * seen["allowed"]
    assert seen["exact"] > 5
