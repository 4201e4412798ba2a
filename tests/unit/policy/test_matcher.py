"""How rules are laid out for decisions: forks that stay small, and the trie where they would not."""

from __future__ import annotations

import pytest

from cwsauth import Policy
from cwsauth.policy.matcher import Fork, Index
from cwsauth.policy.rule import Rule


def index(*texts: str) -> Index:
    """The index of rules."""
    made = Index()
    for place, text in enumerate(texts):
        made.add(Rule(text), place)
    made.settle()
    return made


def leaves(fork: Fork) -> int:
    """How many leaves a fork holds, those of its forks included."""
    held = 0
    for first in (*fork.following.values(), fork.other, fork.short):
        leaf = first
        while leaf is not None:
            held += leaves(leaf[4]) if isinstance(leaf[4], Fork) else 1
            leaf = leaf[-1]
    return held


def test_what_all_have_in_common_tells_nothing_apart() -> None:
    """The first part that differs is looked at, so a common beginning costs nothing."""
    made = index(*[f"api/v1/a{number}/{{id}}" for number in range(50)])
    assert made.fork.at == 3
    assert made.trie is None
    assert leaves(made.fork) == 50
    assert made.find("/api/v1/a7/x", ["", "api", "v1", "a7", "x"]) == 7


def test_a_star_is_put_below_its_siblings() -> None:
    """A rule with a `*` is found by the same lookup as its literal siblings; the first of all that match decides."""
    made = index("*/z", *[f"a{number}/*" for number in range(10)], "a3/y/**")
    assert made.find("/a3/z", ["", "a3", "z"]) == 0
    assert made.find("/a3/x", ["", "a3", "x"]) == 4
    assert made.find("/b/z", ["", "b", "z"]) == 0
    assert made.find("/b/x", ["", "b", "x"]) == -1
    assert made.find("/a3/y/x", ["", "a3", "y", "x"]) == 11


def test_of_equal_rules_the_first_stays() -> None:
    """However often a rule is said, it takes one leaf, and the first of all decides, in the order of the rules."""
    made = index("a/*", *["*/b", "a/*"] * 40, "a/{id}/c")
    assert made.trie is None
    assert leaves(made.fork) < 10
    assert made.find("/a/b", ["", "a", "b"]) == 0
    assert made.find("/z/b", ["", "z", "b"]) == 1
    assert made.find("/a/b/c", ["", "a", "b", "c"]) == 81
    for texts in (["**"] * 30, ["{x+}"] * 30, ["*/b"] * 100 + [f"a{number}/*" for number in range(100)]):
        assert index(*texts).trie is None


@pytest.mark.parametrize("size", [40, 400])
def test_rules_that_would_take_too_much_room_stay_in_the_trie(size: int) -> None:
    """Where each of many `*` would be put below each of many literals, the trie holds them, with the same answers."""
    texts = [f"a{number}/*/x" for number in range(size)] + [f"*/b{number}/*" for number in range(size)]
    made = index(*texts)
    room = 4 * len(texts) + 256
    assert leaves(made.fork) <= room + len(texts)
    for number in (0, 1, size - 1):
        assert made.find(f"/a{number}/q/x", ["", f"a{number}", "q", "x"]) == number
        assert made.find(f"/q/b{number}/z", ["", "q", f"b{number}", "z"]) == size + number
        assert made.find(f"/a{number}/b{number}/x", ["", f"a{number}", f"b{number}", "x"]) == number
    assert made.find("/q/q/q", ["", "q", "q", "q"]) == -1


def test_the_trie_holds_what_no_part_tells_apart() -> None:
    """Many rules of which no part is the same for few: every subset of stars."""
    texts = ["/".join("*" if number >> bit & 1 else "a" for bit in range(6)) for number in range(1, 64)]
    made = index(*texts)
    assert made.find("/a/a/a/a/a/a", ["", *"aaaaaa"]) == 0
    assert made.find("/b/b/b/b/b/b", ["", *"bbbbbb"]) == 62
    assert made.find("/a/b/a/a/a/a", ["", *"abaaaa"]) == 1
    policy = Policy.of(["!a/a/a/a/a/b", *texts])
    assert policy.allows("GET", "/a/a/a/a/a/c")
    assert not policy.allows("GET", "/a/a/a/a/a/b")


def test_a_short_path_is_no_reason_to_fail() -> None:
    """A path with fewer parts than the first fork looks at is decided, too."""
    policy = Policy.of(["api/v1/a/{id}", "api/v1/b/{id}", "api/v1/c/{id}", "api/v1/d/{id}", "**/health"])
    assert not policy.allows("GET", "/api")
    assert not policy.allows("GET", "")
    assert policy.allows("GET", "/health")
    assert Policy.of(["a/b/{id}", "a/c/{id}", "a/d/{id}", "a/e/{id}", "**"]).allows("GET", "/")
