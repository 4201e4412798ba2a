"""What holds for rules with placeholders: a claim is text of one segment, whatever it says."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Policy
from tests.laws import strategies
from tests.laws.generate import Call, Drawn, any_call
from tests.laws.judging import ROOT_ARN, Judge
from tests.oracle import paths as oracle

TEMPLATES = [
    "users/${claims.sub}",
    "users/${claims.sub}/**",
    "GET users/x-${claims.sub}/*",
    "!users/${claims.sub}/secret",
    "!${claims.sub}/**",
    "**/${claims.sub}",
    "!**/${claims.aud}",
    "${claims.sub}/${claims.aud}",
    "users/*",
    "users/**",
    "**",
]
VALUES = st.one_of(
    strategies.segments,
    st.sampled_from(
        ["alice", "a/b", "..", ".", "", "*", "**", "a%2fb", "${claims.sub}", "{x+}", "!a", "[a]", "a\\", "?", "\ud800"]
    ),
    st.none(),
    st.integers(),
    st.lists(st.text(max_size=2), max_size=2),
)


def expected(rules: list[str], claims: dict[str, object]) -> list[str]:
    """The rules that are left, read off the design: a clean value as escaped text; else an allow is gone and a deny wider."""
    found = []
    for rule in rules:
        pieces: list[str] | None = []
        for piece in rule.split("/"):
            name = HOLE.search(piece)
            if pieces is None or name is None:
                pieces = None if pieces is None else [*pieces, piece]
                continue
            value = claims.get(name[1])
            if type(value) is str and CLEAN.fullmatch(value) and value not in (".", ".."):
                pieces.append(
                    piece[: name.start()] + re.sub(r"([*?\[\]{}\\!$^-])", r"\\\1", value) + piece[name.end() :]
                )
            elif rule.startswith("!"):
                sign = "!" if not pieces else ""
                found.append(sign + "/".join([*pieces, "**"]))
                pieces = None
            else:
                pieces = None
        if pieces is not None:
            found.append("/".join(pieces))
    return found


HOLE = re.compile(r"\$\{claims\.(\w+)\}")
CLEAN = re.compile(r"[^\x00-\x20\x7f-\x9f/\\%*?\u2028\u2029\ud800-\udfff]{1,256}")


@given(
    rules=st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=4),
    claims=st.fixed_dictionaries({}, optional={"sub": VALUES, "aud": VALUES}),
    data=st.data(),
)
@example(rules=["users/${claims.sub}/**"], claims={"sub": "*"}, data=None)
@example(rules=["users/${claims.sub}"], claims={"sub": "alice/orders"}, data=None)
@example(rules=["**", "!users/${claims.sub}/secret"], claims={"sub": "a/b"}, data=None)
@example(rules=["**", "!users/${claims.sub}/secret"], claims={}, data=None)
@example(rules=["users/**", "!**/${claims.aud}"], claims={"aud": 7}, data=None)
def test_a_claim_opens_its_own_segment_only(
    rules: list[str], claims: dict[str, object], data: st.DataObject | None
) -> None:
    """Settled rules decide as the design says: a clean value is text, without one an allow is gone and a deny is wider."""
    policy = Policy.of(rules).settle(AuthRequest(claims=claims))
    assert policy.settled
    wanted = expected(rules, claims)
    texts = [value for value in claims.values() if type(value) is str]
    names = [*dict.fromkeys([*texts, "x", "alice", "secret"])]
    paths = [f"/users/{name}{rest}" for name in names for rest in ("", "/secret", "/a/b")] + [
        f"/{name}" for name in names
    ]
    paths += [f"/{one}/{two}" for one in names for two in names]
    for path in paths:
        assert policy.allows("GET", path) is oracle.allowed(wanted, "GET", path), (wanted, path)
    # And the document of what is left keeps the laws.
    judged = Judge([rule.text for rule in policy.rules], policy, policy.document(ROOT_ARN))
    clean = [name for name in names if name and "/" not in name and name not in (".", "..")]
    calls = [Call("GET", f"/users/{name}{rest}", True) for name in clean for rest in ("", "/secret", "/a/b")]
    if data is not None and judged.rules:
        calls += [any_call(Drawn(data.draw), judged.rules, clean) for _ in range(4)]
    assert list(judged.overgrants(call for call in calls if not {".", ".."} & {*call.path.split("/")})) == []


@given(rules=st.lists(st.sampled_from(TEMPLATES), max_size=4), path=strategies.paths(), method=strategies.verbs)
def test_before_a_request_is_known_nothing_is_granted_too_much(rules: list[str], path: str, method: str) -> None:
    """A policy that waits for its request allows nothing that it would refuse to some caller."""
    policy = Policy.of(rules)
    if not policy.allows(method, path):
        return
    for sub in ("alice", "x", None, *[part for part in path.split("/") if part][:3]):
        assert policy.settle(AuthRequest(claims={"sub": sub, "aud": sub})).allows(method, path)
