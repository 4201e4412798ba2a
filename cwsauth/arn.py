"""The ARN of one call, as API Gateway hands it over and as it stands in a document."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.errors import ArnError

# PERF: benchmarks/cold_start.py - sets, as a regular expression takes longer to compile than all that is imported here.
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_REGION = _LOWER | _DIGITS | {"-"}
_WORD = _UPPER | _REGION | {"_"}
# Lengths are generous and bounded: what a resource has room for is not up to the caller. Emulators write `-` in an API's id.

# What API Gateway and its console have been seen to send in the place of a stage; none of it names a stage.
_NO_STAGE = frozenset({"*", "null", ""})


class MethodArn:
    """`arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/VERB/path`, taken apart; a path may hold `:` and `/`.

    `method` is empty and `route_key` is set for a WebSocket API (`…/STAGE/$connect`). `path` is raw, without its leading
    slash. `concrete` is False where a wildcard or nothing stands in the place of account, API or stage: such an
    ARN can be read, and no document can be written for it.
    Source: API Gateway developer guide, "ARN format reference"; IAM guide, "IAM ARNs".
    """

    __slots__ = (
        "account",
        "api",
        "concrete",
        "method",
        "partition",
        "path",
        "region",
        "route_key",
        "stage",
        "text",
    )

    def __init__(self, text: str) -> None:
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "execute-api":
            raise _error("it does not begin with 'arn:PARTITION:execute-api:REGION:ACCOUNT:'")
        self.partition, self.region, self.account = parts[1], parts[3], parts[4]
        self.api, slash, rest = parts[5].partition("/")
        if not slash or not self.api:
            raise _error("it has no stage")
        self.stage, slash, rest = rest.partition("/")
        if not slash:
            raise _error("nothing follows its stage")
        head, slash, path = rest.partition("/")
        if head and _UPPER.issuperset(head):
            # A root call may have lost its last slash; what API Gateway sends ends in `/GET/`.
            self.method, self.path, self.route_key = head, path, ""
        elif head.startswith("$") and not slash:
            self.method, self.path, self.route_key = "", "", head
        else:
            raise _error("neither a verb nor a route key follows its stage")
        self.text = text
        self.concrete = (
            is_stage(self.stage)
            and _is_partition(self.partition)
            and 0 < len(self.region) <= 32
            and _REGION.issuperset(self.region)
            and len(self.account) == 12
            and _DIGITS.issuperset(self.account)
            and len(self.api) <= 64
            and self.api[0] not in "-_"
            and _WORD.issuperset(self.api)
        )

    @classmethod
    def parse(cls, text: object) -> MethodArn:
        """The parts of `text`.

        Raises:
            ArnError: it is not the ARN of a method.
        """
        if not isinstance(text, str):
            from cwsauth.errors import ArnError

            raise ArnError(
                f"invalid method ARN: a string is needed, not {type(text).__name__}",
                help="pass the 'methodArn' or 'routeArn' of the event",
            )
        return cls(text)

    @property
    def prefix(self) -> str:
        """What every resource of a document for this API and stage begins with, without a slash at its end.

        Raises:
            ArnError: account, API or stage is a wildcard or missing: nothing can be granted there.
        """
        if not self.concrete:
            from cwsauth.errors import ArnError

            raise ArnError(
                "the method ARN does not name one partition, region, account, API and stage",
                help="grant nothing for it: a wildcard in these places would reach other stages or APIs",
            )
        return f"arn:{self.partition}:execute-api:{self.region}:{self.account}:{self.api}/{self.stage}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"MethodArn({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MethodArn) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def is_stage(stage: str) -> bool:
    """Whether `stage` names one stage: not `*`, not the `null` of old consoles."""
    return stage == "$default" or (stage not in _NO_STAGE and len(stage) <= 128 and _WORD.issuperset(stage))


def _is_partition(text: str) -> bool:
    """Whether it is `aws`, `aws-cn`, `aws-us-gov` or one that is named like them."""
    first, *words = text.split("-")
    return first == "aws" and len(words) <= 2 and all(0 < len(word) <= 8 and _LOWER.issuperset(word) for word in words)


def _error(why: str) -> ArnError:
    from cwsauth.errors import ArnError

    # The text itself is not quoted: its path comes from the caller.
    return ArnError(
        f"invalid method ARN: {why}",
        help="it looks like 'arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1'",
    )
