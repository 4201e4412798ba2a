"""Calls of Lambda functions in this process, with what lies between API Gateway and a handler.

The event and the result travel as JSON, so a handler never shares an object with the gateway and a result
that Lambda could not serialize fails here too. One function runs one call at a time, as one warm environment
does: a handler that keeps the request in a global (Chalice does) behaves as on Lambda. A result that comes
after the time-out is thrown away; the handler itself is not interrupted.
"""

from __future__ import annotations

import inspect
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from types import TracebackType

Handler = Callable[[Any, Any], Any]
Clock = Callable[[], float]

PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Bytes of a request or result of a synchronous call. Source: Lambda quotas."""

_log = logging.getLogger("cwsauth.gateway")


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What a call came to: `value` as JSON data of `size` bytes, or the error as Lambda reports it."""

    value: object = None
    error_type: str = ""
    error_message: str = ""
    timed_out: bool = False
    seconds: float = 0.0
    size: int = 0

    @property
    def failed(self) -> bool:
        """True when there is no value."""
        return bool(self.error_type)

    def __repr__(self) -> str:
        return f"<Outcome {self.error_type or 'ok'}>"  # values and messages may hold what nobody should see


@dataclass(slots=True)
class LambdaContext:
    """The second argument of a handler."""

    function_name: str
    invoked_function_arn: str
    deadline: float
    clock: Clock = field(repr=False)
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def log_group_name(self) -> str:
        """Where Lambda would log."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the time-out."""
        return max(0, int((self.deadline - self.clock()) * 1000))


class Function:
    """A Lambda function: a handler, a name, a time-out in seconds.

    `concurrent=True` drops the one-call-at-a-time rule, for handlers that call their own API.

    Raises:
        ConfigError: no callable, or a time-out that Lambda does not have.
    """

    def __init__(self, handler: Handler, *, name: str = "", timeout: float = 900.0, concurrent: bool = False) -> None:
        if not callable(handler):
            raise ConfigError("a Lambda handler must be callable", help="pass the function, not its name")
        if not 0 < timeout <= 900:
            raise ConfigError(f"invalid time-out {timeout:g}", help="Lambda takes up to 900 seconds")
        self.handler = handler
        self.name = name or handler_name(handler)
        self.timeout = timeout
        self._turn = None if concurrent else threading.Lock()

    def __repr__(self) -> str:
        return f"Function({self.name!r})"

    def __eq__(self, other: object) -> bool:
        """Two of one handler that are set up alike are the same function."""
        if not isinstance(other, Function):
            return NotImplemented
        mine = (self.handler, self.name, self.timeout, self._turn is None)
        return mine == (other.handler, other.name, other.timeout, other._turn is None)

    def __hash__(self) -> int:
        return hash((self.name, self.timeout))  # a handler need not be hashable

    def invoke(self, event: Mapping[str, Any], *, clock: Clock = time.monotonic, limit: float | None = None) -> Outcome:
        """The outcome of one call; `limit` is the caller's patience in seconds, beside the function's own."""
        payload = json.dumps(event)
        if len(payload) > PAYLOAD_LIMIT:
            return Outcome(error_type="RequestEntityTooLargeException")
        if self._turn is None:
            return self._run(payload, clock, limit)
        with self._turn:
            return self._run(payload, clock, limit)

    def _run(self, payload: str, clock: Clock, limit: float | None) -> Outcome:
        patience = self.timeout if limit is None else min(self.timeout, limit)
        begin = clock()
        arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{self.name}"
        context = LambdaContext(self.name, arn, begin + self.timeout, clock)
        text = ""
        with _Failure() as failure:
            text = _dump(self.handler(json.loads(payload), context))
        seconds = clock() - begin
        if failure.kind:
            _log.error("function %s failed: %s", self.name, failure.place)
            return Outcome(error_type=failure.kind, error_message=failure.message, seconds=seconds)
        if seconds > patience:
            return Outcome(
                error_type="Sandbox.Timedout",
                error_message=f"Task timed out after {patience:.2f} seconds",
                timed_out=True,
                seconds=seconds,
            )
        if len(text) > PAYLOAD_LIMIT:
            return Outcome(error_type="Function.ResponseSizeTooLarge", seconds=seconds)
        return Outcome(value=json.loads(text), seconds=seconds, size=len(text))


def handler_name(handler: object) -> str:
    """A name for a function whose handler is known only: its own name, or its class's."""
    return str(getattr(handler, "__name__", None) or type(handler).__name__)


class _Failure:
    """Turns what a handler raises into data, as Lambda's runtime does. Ctrl-C still stops the process."""

    kind: str = ""
    message: str = ""
    place: str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, (Exception, SystemExit)):
            return False
        self.kind = kind.__name__
        self.place = f"{kind.__name__}{_last_line(trace)}"
        with _Failure() as unspeakable:
            self.message = str(error)
        if unspeakable.kind:
            self.message = ""
        return True


def _last_line(trace: TracebackType | None) -> str:
    """Where it was raised, without the text of the error: that may quote a token."""
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f" at {code.co_filename}:{trace.tb_lineno} in {code.co_name}"


def _dump(value: object) -> str:
    if inspect.iscoroutine(value):
        value.close()
        raise TypeError("Object of type coroutine is not JSON serializable")
    return json.dumps(value, default=_number, allow_nan=False)


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)  # what the runtime client of Lambda does
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
