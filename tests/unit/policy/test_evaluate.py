"""The evaluator's reading of IAM, one behaviour a row; the third column says it in IAM's own terms."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.errors import ArnError, DocumentError, TooLarge
from cwsauth.policy.evaluate import Evaluator, Judgement, Verdict, check_document, evaluate, judge

API = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
CALL = f"{API}/GET/product/1"
ALLOW, DENY, SILENT = Verdict.ALLOW, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY

Json = Any


def statement(effect: str = "Allow", resource: Json = f"{API}/GET/product/*", **more: Json) -> dict[str, Json]:
    """A statement on Invoke; a keyword that is None leaves that element out."""
    made = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **more}
    return {key: value for key, value in made.items() if value is not None}


def document(*statements: Json, version: str | None = "2012-10-17") -> dict[str, Json]:
    return {**({"Version": version} if version else {}), "Statement": list(statements)}


class TestPrecedence:
    """Source: IAM user guide, "Policy evaluation logic"."""

    @pytest.mark.parametrize(
        ("statements", "verdict", "source"),
        [
            ([statement()], ALLOW, "an Allow that covers the call permits it"),
            ([statement("Deny")], DENY, "a Deny that covers the call refuses it explicitly"),
            ([statement(resource=f"{API}/GET/user")], SILENT, "by default, all requests are denied"),
            ([statement("Deny", f"{API}/GET/user")], SILENT, "a Deny elsewhere permits nothing"),
            ([statement(), statement("Deny")], DENY, "an explicit deny overrides any allow"),
            ([statement("Deny"), statement()], DENY, "the order of statements does not matter"),
            ([statement(resource=f"{API}/GET/user"), statement()], ALLOW, "one Allow of several is enough"),
            (
                [statement(), statement("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})],
                ALLOW,
                "a Deny whose condition is not met does not apply",
            ),
        ],
    )
    def test_statements_combine(self, statements: list[Json], verdict: Verdict, source: str) -> None:
        """Explicit denial, then permission, then the denial that is the default."""
        assert evaluate(document(*statements), CALL) is verdict, source

    def test_one_statement_may_stand_without_a_list(self) -> None:
        """Grammar: where only one value is included, the brackets are optional."""
        assert evaluate({"Version": "2012-10-17", "Statement": statement()}, CALL) is ALLOW

    def test_only_permission_is_true(self) -> None:
        """`if evaluate(...)` reads as one would hope."""
        assert [bool(verdict) for verdict in (ALLOW, DENY, SILENT)] == [True, False, False]

    def test_a_compiled_document_shows_its_resources(self) -> None:
        """As they are written, for whoever checks them further."""
        evaluator = Evaluator(document(statement(resource=["*", CALL]), statement(resource=None, NotResource=CALL)))
        assert [each.resources for each in evaluator.statements] == [("*", CALL), (CALL,)]

    def test_a_compiled_document_judges_many_calls(self) -> None:
        """An Evaluator is reusable, and gives what `evaluate` gives."""
        evaluator = Evaluator(document(statement()))
        assert [evaluator.evaluate(arn) for arn in (CALL, f"{API}/GET/user", CALL)] == [ALLOW, SILENT, ALLOW]


class TestResources:
    """Source: IAM user guide, "IAM JSON policy elements: Resource"."""

    @pytest.mark.parametrize(
        ("resource", "arn", "covered", "source"),
        [
            ("*", CALL, True, "* alone is every resource"),
            (CALL, CALL, True, "an ARN covers itself"),
            (CALL, f"{CALL}0", False, "a resource is compared to its end"),
            (
                f"{API}/GET/product/*",
                f"{API}/GET/product/",
                True,
                "* is any run of characters, none included",
            ),
            (f"{API}/GET/product/*", f"{API}/GET/product/1/secret", True, "the slash has no significance"),
            (f"{API}/GET/product/*", f"{API}/GET/product/a\nb", True, "any character, a line end too"),
            (f"{API}/GET/product/?", f"{API}/GET/product//", True, "? is any one character, a slash too"),
            (f"{API}/GET/product/?", f"{API}/GET/product/", False, "? is not none"),
            (f"{API}/GET/product/?", f"{API}/GET/product/12", False, "? is not two"),
            (
                f"{API}/*/admin",
                f"{API}/GET/user/admin",
                True,
                "a * in the place of the verb is not bound to it",
            ),
            (f"{API}/*", f"{API}/$connect", True, "the whole stage covers a WebSocket's route key"),
            (f"{API}/*/*", f"{API}/$connect", False, "which has no second part"),
            (f"{API}/GET/t/*", f"{API}/GET/t/2021-08-01T00:00:00Z", True, "colons in a path are characters"),
            ("arn:aws:execute-api:*", CALL, True, "a * at the end reaches over the colons"),
            ("arn:aws:execute-api:*:*:*", CALL, True, "* stands for a region and an account"),
            ("arn:aws:s3:::bucket", CALL, False, "another service is never this one"),
            ("arn:aws-cn:execute-api:*:*:*", CALL, False, "another partition is another ARN"),
            (f"{API}/get/product/1", CALL, False, "resources are case-sensitive"),
            (f"{API}/GET/product/[1]", CALL, False, "there are no other wildcards"),
            (f"{API}/GET/a.c", f"{API}/GET/abc", False, "a dot is a dot"),
            ([f"{API}/GET/x", CALL], CALL, True, "one of a list is enough"),
            ((f"{API}/GET/x", CALL), CALL, True, "a tuple is written as a JSON list"),
            (f"{API}/GET/${{*}}", f"{API}/GET/*", True, "${*} is the character *"),
            (f"{API}/GET/${{*}}", f"{API}/GET/x", False, "and no wildcard"),
            (f"{API}/GET/${{?}}${{$}}", f"{API}/GET/?$", True, "${?} and ${$} likewise"),
            (f"{API}/GET/${{?}}", f"{API}/GET/x", False, "and no wildcard either"),
            (f"{API}/GET/$5", f"{API}/GET/$5", True, "a $ without { is a character"),
            (f"{API}/GET/}}", f"{API}/GET/}}", True, "so is a lone }"),
        ],
    )
    def test_a_resource_covers(self, resource: Json, arn: str, covered: bool, source: str) -> None:
        """A Resource covers an ARN, its NotResource everything else."""
        positive = evaluate(document(statement(resource=resource)), arn)
        negative = evaluate(document(statement(resource=None, NotResource=resource)), arn)
        assert (positive, negative) == ((ALLOW, SILENT) if covered else (SILENT, ALLOW)), source

    @pytest.mark.parametrize("version", ["2008-10-17", None])
    def test_before_2012_a_variable_is_text(self, version: str | None) -> None:
        """Without Version 2012-10-17, `${*}` is `$`, `{`, any run, `}`; a missing Version is 2008-10-17."""
        old = document(statement(resource=f"{API}/GET/${{*}}"), version=version)
        assert evaluate(old, f"{API}/GET/*") is SILENT
        assert evaluate(old, f"{API}/GET/${{anything}}") is ALLOW
        assert evaluate(document(statement(resource=f"{API}/GET/${{aws:username}}"), version=version), CALL) is SILENT


class TestActions:
    """Source: IAM user guide, "IAM JSON policy elements: Action" and "NotAction"."""

    @pytest.mark.parametrize(
        ("action", "covered", "source"),
        [
            ("execute-api:Invoke", True, "the action itself"),
            ("EXECUTE-API:invoke", True, "prefix and name are case-insensitive"),
            ("execute-api:*", True, "* is every action of the service"),
            ("execute-api:Inv?ke", True, "? is one character"),
            ("*", True, "* alone is every action"),
            (["execute-api:ManageConnections", "execute-api:Invoke"], True, "one of a list is enough"),
            ("execute-api:ManageConnections", False, "another action"),
            ("execute-api:InvokeX", False, "compared to the end"),
            ("s3:*", False, "another service"),
        ],
    )
    def test_an_action_covers(self, action: Json, covered: bool, source: str) -> None:
        """An Action covers Invoke, its NotAction every other action."""
        positive = evaluate(document(statement(Action=action)), CALL)
        negative = evaluate(document(statement(Action=None, NotAction=action)), CALL)
        assert (positive, negative) == ((ALLOW, SILENT) if covered else (SILENT, ALLOW)), source

    def test_the_action_of_the_call_can_be_another(self) -> None:
        """`action=` asks about another action, in any case."""
        manage = document(statement(Action="execute-api:ManageConnections"))
        assert evaluate(manage, CALL, action="Execute-API:ManageConnections") is ALLOW
        assert evaluate(document(statement()), CALL, action="execute-api:ManageConnections") is SILENT


class TestJudgement:
    """The statement that decided, for a person."""

    def test_names_the_deciding_statement(self) -> None:
        """Index, Sid, effect and the one pattern of several that matched."""
        judged = judge(document(statement(Sid="Read"), statement("Deny", [f"{API}/GET/x", f"{API}/*"], Sid="No")), CALL)
        assert judged == Judgement(
            DENY,
            statement_index=1,
            sid="No",
            effect="Deny",
            resource=f"{API}/*",
            reason=f"Statement[1] 'No' denies '{API}/*'",
        )
        assert judged.to_dict()["verdict"] == "explicitDeny"
        assert repr(judged) == f"<Judgement explicitDeny: Statement[1] 'No' denies '{API}/*'>"

    def test_names_the_first_statement_that_allows(self) -> None:
        """Without a Sid the index is enough."""
        judged = judge(document(statement(), statement(resource="*")), CALL)
        assert (judged.statement_index, judged.sid, judged.resource) == (0, None, f"{API}/GET/product/*")

    def test_a_negated_resource_has_no_pattern(self) -> None:
        """What matched is the complement, and the reason says so."""
        judged = judge(document(statement("Deny", None, NotResource=f"{API}/GET/user")), CALL)
        assert (judged.resource, judged.reason) == (
            None,
            "Statement[0] denies whatever its NotResource leaves",
        )

    @pytest.mark.parametrize(
        ("made", "reason"),
        [
            (statement("Deny", f"{API}/GET/x"), "no statement allows anything"),
            (statement(resource=f"{API}/GET/x"), "no statement allows this resource"),
            (
                statement(Action="execute-api:ManageConnections"),
                "Statement[0] covers this resource, but not the action",
            ),
            (
                statement(Sid="Near", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
                "Statement[0] 'Near' would allow it, but its condition IpAddress on aws:SourceIp is not met",
            ),
        ],
    )
    def test_silence_names_the_nearest_permission(self, made: Json, reason: str) -> None:
        """An implicit denial says what was missing, without any value of the request."""
        judged = judge(document(made), CALL, {"aws:SourceIp": "198.51.100.7"})
        assert (judged.verdict, judged.statement_index, judged.reason) == (SILENT, None, reason)
        assert "198.51.100.7" not in repr(judged)


class TestErrors:
    """What is not known is an error, never a guess; each says what to write instead."""

    @pytest.mark.parametrize(
        ("made", "message", "help"),
        [
            (None, "not a JSON object but a NoneType", "pass the policy as a dict"),
            ('{"Statement": []}', "not a JSON object but a str", "pass the policy as a dict"),
            ({}, "it has no Statement", "to grant nothing, write one statement with 'Effect': 'Deny'"),
            ({"Statement": []}, "Statement is an empty list", "to grant nothing"),
            ({"Statement": "x"}, "Statement is not a list but a str", "write one statement as an object"),
            ({"Statement": [1]}, "Statement[0] is not a JSON object but a int", "write it as"),
            (
                {**document(statement()), "version": 1},
                "the document has an unknown element 'version'",
                "capitals",
            ),
            ({1: 1, "Statement": [statement()]}, "the document has a key that is not a string", "JSON keys"),
            ({**document(statement()), "Id": 1}, "Id is not a string", "leave Id out"),
            (
                document(statement(), version="2012-10-18"),
                "Version is not '2012-10-17' or '2008-10-17'",
                "write",
            ),
            ({"Version": None, "Statement": statement()}, "Version is not '2012-10-17'", "write 'Version'"),
            (document(statement("allow")), "Statement[0].Effect is not 'Allow' or 'Deny'", "with a capital"),
            (
                document(statement(Effect=None)),
                "Statement[0].Effect is not 'Allow' or 'Deny'",
                "with a capital",
            ),
            (document(statement(Effect=["Allow"])), "Statement[0].Effect is not", "with a capital"),
            (document(statement(Principal="*")), "Statement[0] has a Principal", "leave it out"),
            (document(statement(NotPrincipal="*")), "Statement[0] has a NotPrincipal", "leave it out"),
            (
                document(statement(resource="*", resource_=1)),
                "Statement[0] has an unknown element 'resource_'",
                "known",
            ),
            (
                document({**statement(), "Sid": None}),
                "Statement[0].Sid is not a string of letters",
                "'ReadProducts'",
            ),
            (
                document(statement(Sid="two words")),
                "Statement[0].Sid is not a string of letters",
                "'ReadProducts'",
            ),
            (document(statement(Sid="A\n")), "Statement[0].Sid is not a string of letters", "'ReadProducts'"),
            (
                document(statement(Sid="A"), statement(Sid="A")),
                "Statement[1].Sid repeats that of Statement[0]",
                "its own Sid",
            ),
            (
                document(statement(Action=None)),
                "Statement[0] has neither Action nor NotAction",
                "exactly one",
            ),
            (document(statement(NotAction="*")), "Statement[0] has both Action and NotAction", "exactly one"),
            (document(statement(Action=[])), "Statement[0].Action is an empty list", "to grant nothing"),
            (
                document(statement(Action="Invoke")),
                "holds an action that is not SERVICE:NAME",
                "execute-api:Invoke",
            ),
            (
                document(statement(Action="*:*")),
                "holds an action that is not SERVICE:NAME",
                "execute-api:Invoke",
            ),
            (document(statement(Action="execute-api:Invoke\n")), "not SERVICE:NAME", "execute-api:Invoke"),
            (
                document(statement(resource=None)),
                "Statement[0] has neither Resource nor NotResource",
                "exactly one",
            ),
            (
                document(statement(NotResource="*")),
                "Statement[0] has both Resource and NotResource",
                "exactly one",
            ),
            (document(statement(resource=[])), "Statement[0].Resource is an empty list", "to grant nothing"),
            (
                document(statement(resource="")),
                "Statement[0].Resource holds an empty string",
                "a list of strings",
            ),
            (
                document(statement(resource=["*", ""])),
                "Statement[0].Resource holds an empty string",
                "strings",
            ),
            (
                document(statement(resource=[None])),
                "Statement[0].Resource holds a NoneType",
                "a list of strings",
            ),
            (document(statement(resource={"*"})), "Statement[0].Resource holds a set", "a list of strings"),
            (
                document(statement(resource=[], NotResource=None)),
                "Resource is an empty list",
                "to grant nothing",
            ),
            (document(statement(resource="product/*")), "neither an ARN nor '*'", "arn:aws:execute-api"),
            (
                document(statement(resource="execute-api:/dev/*")),
                "neither an ARN nor '*'",
                "arn:aws:execute-api",
            ),
            (document(statement(resource="arn:aws:*:::*")), "neither an ARN nor '*'", "arn:aws:execute-api"),
            (document(statement(resource="arn:aws:execute-api:x")), "neither an ARN nor '*'", "arn:aws"),
            (
                document(statement(resource=f"{API}/GET/${{aws:username}}")),
                "Statement[0].Resource uses the unknown policy variable '${aws:username}'",
                "fill in the value",
            ),
            (
                document(statement(resource=f"{API}/${{")),
                "Statement[0].Resource has '${' without '}'",
                "write '${$}{'",
            ),
            (
                document(statement(resource="arn:aws:execute-api:${*}:1:x")),
                "Statement[0].Resource has '${' before the fifth colon of an ARN",
                "spell out",
            ),
            (
                document(statement(), statement(resource=f"{API}/" + "x" * 512)),
                "a resource of",
                "use a wildcard",
            ),
        ],
    )
    def test_an_invalid_document(self, made: Json, message: str, help: str) -> None:
        """The message names the place, the help what to write."""
        with pytest.raises(DocumentError) as caught:
            evaluate(made, CALL)
        assert message in str(caught.value)
        assert str(caught.value).startswith("invalid policy document: ")
        assert help in caught.value.help
        assert "\n" not in str(caught.value)

    def test_every_statement_is_read_before_one_decides(self) -> None:
        """A broken statement is an error, also behind one that would have decided."""
        with pytest.raises(DocumentError, match=r"Statement\[1\]"):
            evaluate(document(statement("Deny", "*"), statement(resource=[])), CALL)

    def test_a_resource_has_a_length(self) -> None:
        """512 characters are accepted, one more is not; the error carries the figures."""
        longest = f"{API}/GET/".ljust(512, "x")
        assert evaluate(document(statement(resource=longest)), longest) is ALLOW
        with pytest.raises(TooLarge) as caught:
            evaluate(document(statement(resource=longest + "x")), CALL)
        assert (caught.value.size, caught.value.limit) == (513, 512)

    @pytest.mark.parametrize("arn", ["", "*", "GET /product", None])
    def test_a_call_needs_an_arn(self, arn: Json) -> None:
        """Anything else is an ArnError."""
        with pytest.raises(ArnError, match="invalid ARN of a call"):
            evaluate(document(statement(resource="*")), arn)

    @pytest.mark.parametrize("context", [1, "aws:SourceIp", [("aws:SourceIp", "192.0.2.1")], {1: "a"}, {None: "a"}])
    def test_a_context_maps_keys_to_values(self, context: Json) -> None:
        """Anything else is a DocumentError, and is not quoted."""
        with pytest.raises(DocumentError, match="invalid context: it does not map condition keys to values"):
            evaluate(document(statement()), CALL, context)

    @pytest.mark.parametrize("action", [None, 1, ["execute-api:Invoke"]])
    def test_an_action_is_a_text(self, action: Json) -> None:
        """Anything else is a DocumentError."""
        with pytest.raises(DocumentError, match="invalid action of a call: a string is needed"):
            evaluate(document(statement()), CALL, action=action)


class TestCheckDocument:
    """A finished document that an authorizer hands over."""

    def test_a_good_one_comes_back_compiled(self) -> None:
        """Its evaluator is ready for use."""
        assert check_document(document(statement())).evaluate(CALL) is ALLOW

    @pytest.mark.parametrize("version", [None, "2008-10-17"])
    def test_needs_the_current_version(self, version: str | None) -> None:
        """An older one, or none, is not passed on."""
        with pytest.raises(DocumentError, match="Version is not '2012-10-17'"):
            check_document(document(statement(), version=version))

    @pytest.mark.parametrize("resource", [[], "", None, [""]])
    def test_needs_resources(self, resource: Json) -> None:
        """The empty list that frameworks write for "no routes" is refused."""
        with pytest.raises(DocumentError, match="Resource"):
            check_document(document(statement(resource=resource)))
