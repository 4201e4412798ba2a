"""The file of compiled plans: where it is, what is in it, what is refused."""

from __future__ import annotations

import functools
import importlib.util
import json
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cwsauth import Grant, Policy, authorizer, compiled
from cwsauth.authorizer import Authorizer
from cwsauth.cli.compiling import compile_plans
from cwsauth.compiled import _NARROWINGS, Plans, digest_of, key_of
from cwsauth.errors import ConfigError
from cwsauth.policy import planning
from cwsauth.policy.conditions import scope
from cwsauth.policy.lost import Narrowing
from cwsauth.tokens import JWT, Anonymous, Identity, Roles, Scopes, StaticTokens, first

ROUTES = ["GET /a/{id}/b/{x}", "GET,PUT /a/{id}", "GET /a/{id}/c"]
RULES = ["a/*/b/**", "!a/1/b/*"]
EVENT = {
    "type": "TOKEN",
    "authorizationToken": "x",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a/1/c",
}


def written(rules: object = RULES) -> dict[str, Any]:
    handler = authorizer(lambda request: None, routes=ROUTES)
    data: dict[str, Any] = json.loads(json.dumps(compile_plans(handler, {"rules": rules}).data))
    return data


def edited(change: Any) -> dict[str, Any]:
    """The file with its one plan changed, and with the digest that belongs to it."""
    data = written()
    change(next(iter(data["plans"].values())))
    return {**data, "digest": digest_of(data["version"], data["plans"])}


def answering(result: object, **options: Any) -> Authorizer:
    return authorizer(lambda request: result, routes=ROUTES, **options)


def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(*_: object) -> None:
        raise AssertionError("it was searched for")

    monkeypatch.setattr(planning, "planned", planned)


@pytest.mark.parametrize("result", [RULES, tuple(RULES), Policy.of(RULES), Grant(RULES, principal_id="me")])
def test_a_compiled_document_is_not_searched_for(result: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the function says its rules, on the first call of a Lambda."""
    expected = answering(result)(EVENT)
    handler = answering(result, compiled=written())
    no_search(monkeypatch)
    assert handler(EVENT) == expected


def test_verifiers_use_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Static tokens."""
    monkeypatch.setenv("USER_TOKEN", "x")
    tokens = StaticTokens({"USER_TOKEN": RULES})
    expected = authorizer(tokens, routes=ROUTES)(EVENT)
    data = compile_plans(authorizer(tokens, routes=ROUTES), {}).data
    handler = authorizer(tokens, routes=ROUTES, compiled=data)
    no_search(monkeypatch)
    assert handler(EVENT) == expected


def test_an_option_that_is_set_later_counts() -> None:
    """What was compiled for one complement is nothing for another."""
    handler = answering(RULES, compiled=written())
    handler.complement = "deny"
    assert handler(EVENT) == answering(RULES, complement="deny")(EVENT)


def test_the_authorizer_can_be_made_again() -> None:
    """`options` has what was read."""
    handler = answering(RULES, compiled=written())
    again = Authorizer(handler.function, **handler.options)
    assert again.compiled is handler.compiled
    assert again(EVENT) == handler(EVENT)


def test_a_wider_plan_under_the_key_of_another_policy_is_not_used() -> None:
    """A plan counts for the rules, routes and options of its key only, whoever made its digest."""
    data = written(["GET,PUT,POST a/**"])
    expected = answering(RULES)(EVENT)
    assert answering(RULES, compiled=data)(EVENT) == expected
    moved = written()
    moved["plans"] = {key_of(Policy.of(["b"], routes=ROUTES), None): next(iter(data["plans"].values()))}
    moved["digest"] = digest_of(moved["version"], moved["plans"])
    assert answering(RULES, compiled=moved)(EVENT) == expected


@pytest.mark.parametrize(
    ("rules", "routes", "complement"),
    [
        (["!GET a/*", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["PUT a/*", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["GET,PUT a/*", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["GET a/**", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["GET a/\\*", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["b", "GET a/*"], ["GET /a/{id}", "PUT /a"], None),
        (["GET a/*"], ["GET /a/{id}", "PUT /a"], None),
        (["GET a/*", "b", "b"], ["GET /a/{id}", "PUT /a"], None),
        (["GET a/*", "b"], ["GET /a/{other}", "PUT /a"], None),
        (["GET a/*", "b"], ["GET /a/{id+}", "PUT /a"], None),
        (["GET a/*", "b"], ["PUT /a/{id}", "PUT /a"], None),
        (["GET a/*", "b"], ["GET /a/{id}"], None),
        (["GET a/*", "b"], None, None),
        (["GET a/*", "b"], ["GET /a/{id}", "PUT /a"], "deny"),
    ],
)
def test_a_key_is_of_all_that_a_plan_depends_on(
    rules: list[str], routes: list[str] | None, complement: str | None
) -> None:
    """Effect, methods and pattern of each rule, their order and number, the routes, the option: each makes another key."""
    key = key_of(Policy.of(["GET a/*", "b"], routes=["GET /a/{id}", "PUT /a"]), None)
    assert key == key_of(Policy.of(["get  a/{name}", "b"], routes=["GET /a/{id}", "PUT /a"]), None), "the same meaning"
    assert key_of(Policy.of(rules, routes=routes), complement) != key


def test_a_key_is_of_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of the package, or of the format, may find other plans."""
    policy = Policy.of(RULES)
    keys = {key_of(policy, None)}
    for name, value in (("FORMAT", 2), ("__version__", "9")):
        monkeypatch.setattr(compiled, name, value)
        keys.add(key_of(policy, None))
    assert len(keys) == 3


def test_a_change_by_hand_is_noticed() -> None:
    """A wider text, with the digest of before."""
    data = written()
    next(iter(data["plans"].values()))["allow"] = ["GET/*"]
    with pytest.raises(ConfigError, match="its digest is another one") as error:
        answering(RULES, compiled=data)
    assert "cwsauth compile" in error.value.help


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*/a",
        "GET*",
        "G?T/a",
        "get/a",
        "TRACE/a",
        "/a",
        "",
        "GET",
        "$connect",
        "GET/${aws:username}",
        "GET/a\n",
        "GET/a\x7f",
        "\nGET/a",
        1,
        None,
        ["GET/a"],
    ],
)
def test_a_text_that_no_plan_has_is_refused(text: object) -> None:
    """No wildcard in the place of the verb, no variable of IAM, no control character: an error when the Lambda starts."""
    for name in ("allow", "deny"):
        if (name, text) != ("deny", "*"):
            with pytest.raises(ConfigError, match="does not write"):
                Plans.of(edited(lambda plan, name=name: plan.update({name: [text]})), None)


@pytest.mark.parametrize(
    "change",
    [
        {"exact": 1},
        {"exact": None},
        {"allow": "GET/a"},
        {"allow": {"GET/a": 1}},
        {"deny": ["*", "GET/a"]},
        {"lost": [["GET", "/a"]]},
        {"lost": [["GET", "/a", 0]]},
        {"lost": [["GET", "a", 0, "BUDGET", None]]},
        {"lost": [["*", "/a", 0, "BUDGET", None]]},
        {"lost": [["GET", "/a", -1, "BUDGET", None]]},
        {"lost": [["GET", "/a", True, "BUDGET", None]]},
        {"lost": [["GET", "/a", 0, "SOME", None]]},
        {"lost": [["GET", "/a", 0, "BUDGET"]]},
        {"lost": [["GET", "/a", 0, "UNSAYABLE", ["/a", "/b", "/c"]]]},
        {"lost": [["GET", "/a", 0, "UNSAYABLE", ["/a", "/b", "/c", 1]]]},
        {"lost": ["GET"]},
        {"more": 1},
    ],
)
def test_a_plan_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    """An error, and never a plan that is guessed at."""
    with pytest.raises(ConfigError, match="does not write"):
        Plans.of(edited(lambda plan: plan.update(change)), None)


def test_a_key_of_another_shape_is_refused() -> None:
    """Only hashes."""
    data = written()
    plans = {"x": next(iter(data["plans"].values()))}
    with pytest.raises(ConfigError, match="does not write"):
        Plans.of({**data, "plans": plans, "digest": digest_of(data["version"], plans)}, None)


@pytest.mark.parametrize(
    "data", [{}, {"plans": {}}, {**written(), "more": 1}, {**written(), "plans": []}, {**written(), "plans": None}]
)
def test_another_mapping_is_refused(data: dict[str, Any]) -> None:
    """Whatever is not all of the file."""
    with pytest.raises(ConfigError, match="is not what 'cwsauth compile' writes"):
        Plans.of(data, None)


def test_a_mapping_that_json_does_not_have_is_refused() -> None:
    """There is no digest of it."""
    for digest in ("", None):
        with pytest.raises(ConfigError, match="digest"):
            Plans.of({**written(), "plans": {"x": object()}, "digest": digest}, None)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "[]", '"x"', "\ufeff{}"])
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """With what to do next."""
    path = tmp_path / "auth.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'auth\.json'") as error:
        answering(RULES, compiled=path)
    assert "cwsauth compile" in error.value.help


def test_bytes_and_directories_are_refused(tmp_path: Path) -> None:
    """Not text, not a file, not a path at all."""
    (tmp_path / "auth.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not JSON"):
        answering(RULES, compiled=tmp_path / "auth.json")
    with pytest.raises(ConfigError, match="cannot read"):
        answering(RULES, compiled=tmp_path)
    with pytest.raises(ConfigError, match="compiled is a int"):
        answering(RULES, compiled=1)


def test_a_missing_file_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """So that `cwsauth compile` can load the module before it was ever run; documents are made as without it."""
    with caplog.at_level(logging.WARNING, "cwsauth"):
        handler = answering(RULES, compiled=tmp_path / "auth.json")
    assert "'auth.json' is not there" in caplog.text
    assert handler(EVENT) == answering(RULES)(EVENT)


@pytest.mark.parametrize("change", [{"format": 2}, {"version": "0.0.9"}])
def test_a_file_of_another_version_is_not_used(change: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """The way in which plans are found may have changed; the log says that it has to be written anew."""
    with caplog.at_level(logging.WARNING, "cwsauth"):
        handler = answering(RULES, compiled={**written(), **change})
    assert "another version" in caplog.text
    assert not handler.compiled
    assert handler(EVENT) == answering(RULES)(EVENT)


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_relative_path_begins_beside_the_module_of_the_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands around the function; for an object that is no function, in the working directory."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text(f"def auth(request):\n    return {RULES!r}\n")
    (tmp_path / "app" / "auth.json").write_text(json.dumps(written()))
    auth = module(tmp_path / "app" / "app.py").auth

    @functools.wraps(auth)
    def around(request: object) -> object:
        return auth(request)

    for function in (auth, around, functools.partial(auth), Anonymous(True).then(auth)):
        assert Plans.of("auth.json", function), function
    verifier = StaticTokens({"USER_TOKEN": RULES})
    assert not Plans.of("auth.json", verifier)
    monkeypatch.chdir(tmp_path / "app")
    assert Plans.of("auth.json", verifier)


def names(function: Any) -> tuple[list[str], list[str]]:
    made = compile_plans(authorizer(function, routes=ROUTES), {})
    return [*made.keys], made.left_out


def test_policies_are_found_in_verifiers() -> None:
    """Tokens, roles in every combination, scopes, and those of several verifiers; not what depends on the request."""
    roles = Roles({"r": ["a/*"], "*": ["z"], "s": ["a/${claims.sub}"]}, claim="groups")
    assert names(_jwt(roles)) == (["*", "r"], ["s", "r+s"])
    assert names(_jwt(Scopes({"x": ["a/*"], "y": ["a/1"]}))) == (["*", "x", "y", "x+y"], [])
    assert names(_jwt(["a/*"])) == (["JWT"], [])
    assert names(_jwt(Grant(["a/*"], conditions=scope("x")))) == ([], ["JWT"])
    assert names(first(StaticTokens({"T": ["a/1"], "ALL": True}), Anonymous(["a/*"]))) == (["T", "Anonymous"], [])
    assert names(_jwt(None).then(roles)) == (["*", "r"], ["s", "r+s"])


def _jwt(grant: Any) -> JWT:
    return JWT(issuer="https://i.example", audience="a", algorithms=["HS256"], secret=b"x" * 32, grant=grant)


@pytest.mark.parametrize("held", [[], ["r"], ["t", "r"], ["t"], ["other"]])
def test_what_roles_grant_is_what_is_compiled(held: list[str]) -> None:
    """In the order in which they grant it, everyone's rules in their place."""
    roles = Roles({"r": ["a/*"], "*": ["a/*/c"], "t": ["PUT a/*"]}, claim="groups")
    data = compile_plans(authorizer(_jwt(roles), routes=ROUTES), {}).data

    policy = Policy.of(roles(Identity("me", {"groups": held})), routes=ROUTES)
    assert Plans.of(data, None).find(policy, None) is not None


def test_a_function_has_no_policies_that_could_be_known() -> None:
    """The error says how to name them."""
    with pytest.raises(ConfigError, match="depends on the request") as error:
        compile_plans(answering(RULES), {})
    assert "app:RULES" in error.value.help
    with pytest.raises(ConfigError, match="'x' is a int"):
        compile_plans(answering(RULES), {"x": 1})
    with pytest.raises(ConfigError, match="'y' has no rules"):
        compile_plans(answering(RULES), {"x": {"y": 1}})


def test_the_reasons_in_a_file_are_those_of_a_document() -> None:
    """A reason that is new has its place in compiled files, too."""
    assert {reason.name for reason in Narrowing} == _NARROWINGS
