"""Documents that nobody can change, so that one of them is in many answers.

They are dicts and lists to everyone who reads them, JSON encoders too. A copy of one, and what is pickled of it, is a plain dict
or list; `copy.deepcopy` makes one that is plain all the way down. INVARIANT: made only by `frozen`, which leaves no way from what
it was given to what it gives. Who calls `dict.__setitem__` itself means to break it, and can.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def _refused(self: object, *given: object, **named: object) -> NoReturn:
    raise TypeError(
        "the policyDocument of an answer is shared with other answers and cannot be changed;"
        " change a copy: copy.deepcopy(answer)"
    )


class FrozenDict(dict[str, object]):
    """A dict that refuses every change with a TypeError."""

    __slots__ = ()
    # `__init__` too: called on a dict that is made already, it would add to it.
    __init__ = __setitem__ = __delitem__ = __ior__ = _refused
    clear = pop = popitem = setdefault = update = _refused

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (), None, None, iter(self.items())


class FrozenList(list[object]):
    """A list that refuses every change with a TypeError."""

    __slots__ = ()
    __init__ = __setitem__ = __delitem__ = __iadd__ = __imul__ = _refused
    append = clear = extend = insert = pop = remove = reverse = sort = _refused

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, iter(self)


def frozen(value: Any) -> Any:
    """A copy of a document that cannot be changed: of its dicts, lists and tuples, however deep; texts are as they are."""
    if isinstance(value, dict):
        made = FrozenDict.__new__(FrozenDict)
        dict.update(made, {key: frozen(item) for key, item in value.items()})
        return made
    if isinstance(value, (list, tuple)):
        listed = FrozenList.__new__(FrozenList)
        list.extend(listed, [item if type(item) is str else frozen(item) for item in value])
        return listed
    return value
