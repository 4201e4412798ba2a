"""What `lint` says of a rule is true for every request: of rules with conditions and placeholders, too."""

from __future__ import annotations

from itertools import chain, combinations, product

from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Policy, Rule
from cwsauth.policy.analyse import lint
from cwsauth.policy.conditions import claim

PATTERNS = ["a", "a/*", "a/{id}", "a/b", "a/**", "**", "a/${claims.x}", "a/${claims.x}/b", "*/b"]
CONDITIONS = [None, claim("x").exists(), claim("y").equals("b"), ~claim("x").exists() | claim("y").exists()]
RULES = st.builds(
    lambda deny, pattern, when: Rule(("!" if deny else "") + "GET " + pattern, when=when),
    st.booleans(),
    st.sampled_from(PATTERNS),
    st.sampled_from(CONDITIONS),
)
PATHS = ["/" + "/".join(parts) for count in (1, 2, 3) for parts in product("ab", repeat=count)]
CLAIMS = [
    dict(claims)
    for claims in chain.from_iterable(combinations([("x", "b"), ("y", "b"), ("z", 1)], count) for count in range(4))
] + [{"x": "../b"}, {"x": ["b"]}, {"y": "a"}]


def allowed(policy: Policy) -> set[tuple[int, str]]:
    """Every call that is allowed, with the claims of its caller."""
    found = set()
    for place, claims in enumerate(CLAIMS):
        settled = policy.settle(AuthRequest(method="GET", claims=claims))
        found |= {(place, path) for path in PATHS if settled.allows("GET", path)}
    return found


@given(st.lists(RULES, min_size=1, max_size=5))
@example([Rule("GET a"), Rule("!GET a", when=claim("x").exists())])
@example([Rule("!GET a/**"), Rule("GET a/b", when=claim("x").exists())])
@example([Rule("GET a/b", when=claim("x").exists()), Rule("GET a/*")])
@example([Rule("GET a/*"), Rule("!GET a/${claims.x}")])
def test_what_lint_says_of_a_rule_is_so(rules: list[Rule]) -> None:
    """Without a redundant rule the policy means the same, and a shadowed or unreachable one allows nothing, whoever asks."""
    before = allowed(Policy(rules))
    for finding in lint(Policy(rules)):
        if finding.code not in ("redundant-rule", "shadowed-rule", "unreachable-rule"):
            continue
        # Of equal rules the last is the one that is superfluous.
        place = max(place for place, rule in enumerate(rules) if rule == finding.rule)
        assert allowed(Policy(rules[:place] + rules[place + 1 :])) == before, finding
