"""`cws verify --probe`: deployed, asked, destroyed, against MiniStack, whose answers are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from coworks_compat.deploy.context import Context
from coworks_compat.deploy.verify.finding import Finding, Grade
from coworks_compat.deploy.verify.probing import verify_with_probe
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, USER, write_shop

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("ministack")]


def test_the_probe(ministack: Emulator, terraform: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question gets an answer, the answers that MiniStack is known to give are seen, and nothing stays behind."""
    import boto3

    monkeypatch.setenv("SHOP_ADMIN", ADMIN)
    monkeypatch.setenv("SHOP_USER", USER)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    told: list[Finding] = []
    context = Context.open(write_shop(tmp_path / "shop"), "dev")
    found = verify_with_probe(context, told.append)
    assert tuple(told) == found
    assert len({finding.question for finding in found}) == len(found) > 35
    assert {finding.grade for finding in found} == {Grade.SEEN}, [f for f in found if f.grade is not Grade.SEEN]
    seen = {finding.question.partition("?")[0]: finding.seen for finding in found}
    assert seen["does '*' cross '/' in a path"] == "yes"
    assert seen["is an explicit Deny stronger than an Allow"] == "yes"
    assert seen["what does an error 'Unauthorized'"] == "401"
    assert seen["what does an error 'Unauthorized: expired'"] == "500"
    assert seen["what becomes of a colon"].startswith("methodArn ends in GET/items/a:b; path /items/a:b")
    assert seen["where goes a verb that a path does not declare, below a greedy route"] == "to /{proxy+}"
    assert seen["is an answer of the authorizer kept for its TTL"] == "kept"
    assert seen["and is it used for another route of the same authorizer"] == "yes"
    make = boto3.client
    functions = make("lambda").list_functions()["Functions"]
    assert [f["FunctionName"] for f in functions if "cws-verify" in f["FunctionName"]] == []
    apis = make("apigateway").get_rest_apis()["items"]
    assert [api["name"] for api in apis if "cws-verify" in api["name"]] == []
    assert list((tmp_path / "temporary").iterdir()) == []
