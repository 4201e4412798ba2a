"""The reading of the pattern language, against tables written by hand and against wcmatch."""

from __future__ import annotations

import pytest
from wcmatch import glob

from tests.oracle.paths import Call, allowed, declared_calls

PATTERNS = "a * ** a/** **/a a/**/a */a a/* ? [ab] [!a]/a a*/** **/*/a *a*"


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("product", ["/product", "/product/", "//product"], ["/", "/Product", "/product/1", "/products"]),
        ("/product", ["/product"], ["/"]),
        (
            "product/*",
            ["/product/1", "/product//1", "/product/1/"],
            ["/product", "/product/", "/product/1/2", "/roduct/1"],
        ),
        ("*", ["/", "/a", "/a/b/c"], []),
        ("/", ["/", "//"], ["/a"]),
        ("", ["/"], ["/a"]),
        ("**", ["/", "/a", "/a/b"], []),
        ("a/**", ["/a/b", "/a/b/c"], ["/a", "/a/", "/ab"]),
        ("a/**/**", ["/a/b"], ["/a"]),
        ("**/b", ["/b", "/a/b", "/a/a/b"], ["/", "/a", "/b/a"]),
        ("a/**/b", ["/a/b", "/a/x/b", "/a/x/y/b"], ["/a", "/b"]),
        ("*/*", ["/a/b"], ["/a", "/a/b/c"]),
        ("{id}", ["/a"], ["/", "/a/b"]),
        ("a/{rest+}", ["/a/b", "/a/b/c"], ["/a"]),
        ("a/{id}/b", ["/a/1/b"], ["/a/b", "/a/1/2/b"]),
        ("a*", ["/a", "/abc"], ["/ba", "/a/b"]),
        ("a?c", ["/abc", "/a.c"], ["/ac", "/abbc"]),
        ("a**c", ["/ac", "/abbc"], ["/a/c"]),
        ("[abc]", ["/a", "/c"], ["/d", "/ab"]),
        ("[a-c]1", ["/b1"], ["/d1", "/-1"]),
        ("[!abc]", ["/d", "/!"], ["/a"]),
        ("[]a]", ["/]", "/a"], ["/b"]),
        ("[!]a]", ["/b"], ["/]", "/a"]),
        (r"[\]a]", ["/]", "/a"], ["/\\"]),
        ("[a-]", ["/a", "/-"], ["/b"]),
        (r"a\*", ["/a*"], ["/ab", "/a"]),
        (".*", ["/.git"], ["/a"]),
        ("v1:export", ["/v1:export"], ["/v1"]),
    ],
)
def test_one_pattern(pattern: str, yes: list[str], no: list[str]) -> None:
    """Each path on the left is meant by the pattern, and none on the right is."""
    assert [path for path in yes if not allowed([pattern], "GET", path)] == []
    assert [path for path in no if allowed([pattern], "GET", path)] == []


@pytest.mark.parametrize(
    ("rules", "method", "path", "expected"),
    [
        ([], "GET", "/", False),
        (["GET a"], "GET", "/a", True),
        (["GET a"], "POST", "/a", False),
        (["get,post a"], "POST", "/a", True),
        (["ANY a"], "PATCH", "/a", True),
        (["* a"], "PATCH", "/a", True),
        (["a", "!a"], "GET", "/a", False),
        (["!a", "a"], "GET", "/a", False),
        (["!a", "**"], "GET", "/a", False),
        (["!a", "**"], "GET", "/b", True),
        (["!GET a", "**"], "POST", "/a", True),
        (["!a"], "GET", "/b", False),
        (["a/**", "!a/*/c"], "GET", "/a/b/c/", False),
        (["*"], "GET", "/a/../b", True),
        (["*", "!x"], "GET", "/a/../b", False),
        (["GET *"], "GET", "/a/../b", False),
        (["a/*/b"], "GET", "/a/../b", False),
        (["**/b"], "GET", "/./b", False),
    ],
)
def test_rules_together(rules: list[str], method: str, path: str, expected: bool) -> None:
    """A deny wins in any order, a list of denies grants nothing, and dots need a policy of everything."""
    assert allowed(rules, method, path) is expected


@pytest.mark.parametrize("pattern", PATTERNS.split())
@pytest.mark.parametrize("path", ["", "a", "b", "ab", "a/a", "a/b", "b/a", "a/b/a", "b/a/b", "aa/ab", ".a", "a/.b/a"])
def test_wcmatch_says_the_same(pattern: str, path: str) -> None:
    """On its reference flags wcmatch agrees, except for `*` alone, which means everything here."""
    flags = glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX
    expected = pattern == "*" or glob.globmatch(path, pattern, flags=flags)
    assert allowed([pattern], "GET", "/" + path) is expected


def test_declared_calls_fill_templates_and_double_slashes() -> None:
    """Each declared verb, each name and each length of a rest comes canonical, then with more slashes."""
    assert list(declared_calls(["GET /a/{id}"], ["1"], 2)) == [
        Call("GET", "/a/1", True),
        Call("GET", "//a/1", False),
        Call("GET", "/a//1", False),
        Call("GET", "//a//1", False),
        Call("GET", "/a/1/", False),
        Call("GET", "/a/1//", False),
    ]
    canonical = [call[:2] for call in declared_calls(["GET,PUT /x/{rest+}"], ["1", "2"], 2) if call.canonical]
    paths = ["/x/1", "/x/2", "/x/1/1", "/x/1/2", "/x/2/1", "/x/2/2"]
    assert canonical == [(verb, path) for verb in ("GET", "PUT") for path in paths]
    assert list(declared_calls(["DELETE /"], ["1"], 1)) == [
        Call("DELETE", "/", True),
        Call("DELETE", "//", False),
    ]
    assert len({call.method for call in declared_calls(["ANY /a"], [], 0)}) == 7
