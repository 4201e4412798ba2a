"""A terraform plan as data, and in a person's words. Values that terraform marks sensitive are never read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN: Final = "(not shown)"
HIDDEN_NEW: Final = "(not shown, another one)"
UNKNOWN: Final = "(known after apply)"
# Attributes that say nothing to a person.
_SILENT: Final = frozenset({
    "id", "arn", "qualified_arn", "qualified_invoke_arn", "invoke_arn", "last_modified", "tags_all", "version",
    "source_code_size", "source_code_hash", "code_sha256", "signing_job_arn", "signing_profile_version_arn", "etag",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource. `actions` as terraform says them: create, update, delete, or two of them."""

    address: str
    type: str
    name: str
    actions: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: frozenset[str]

    @property
    def deletes(self) -> bool:
        """Whether the resource that is there goes, be it for another one."""
        return "delete" in self.actions

    @property
    def replaces(self) -> bool:
        """Whether another one takes its place."""
        return set(self.actions) == {"create", "delete"}

    def value(self, attribute: str) -> object:
        """What an attribute was, or will be where it was nothing."""
        found = self.before.get(attribute)
        return self.after.get(attribute) if found is None else found

    def differing(self) -> tuple[tuple[str, str, str], ...]:
        """Attribute, before and after, of everything that changes and that says something."""
        names = sorted((self.before.keys() | self.after.keys() | self.unknown) - _SILENT)
        return tuple(found for name in names if (found := self._differing(name)) is not None)

    def _differing(self, name: str) -> tuple[str, str, str] | None:
        before, after = self.before.get(name), self.after.get(name)
        if name in self.unknown:
            return (name, _short(before), UNKNOWN) if after is None else None
        if before == after:
            return None
        return name, _short(before), _short(after)


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of a plan, without those that change nothing."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Plan:
        """The plan out of `terraform show -json`."""
        changes = (_change(item) for item in shown.get("resource_changes", ()) if item.get("mode") != "data")
        return cls(tuple(change for change in changes if change.actions not in (("no-op",), ("read",))))

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of_type(self, *types: str) -> tuple[Change, ...]:
        """The changes of resources of these types."""
        return tuple(change for change in self.changes if change.type in types)

    def counts(self) -> dict[str, int]:
        """How many are created, updated, deleted and replaced."""
        counted = {"create": 0, "update": 0, "delete": 0, "replace": 0}
        for change in self.changes:
            counted["replace" if change.replaces else change.actions[0]] += 1
        return counted


def redacted(shown: Mapping[str, Any]) -> dict[str, Any]:
    """terraform's JSON of a plan with every sensitive value taken out, fit to be kept."""
    kept = {
        "format_version": shown.get("format_version"),
        "terraform_version": shown.get("terraform_version"),
        "resource_changes": [_redacted_change(item) for item in shown.get("resource_changes", ())],
    }
    return {name: value for name, value in kept.items() if value is not None}


def _redacted_change(item: Mapping[str, Any]) -> dict[str, Any]:
    before, after = _sides(item["change"])
    return {**item, "change": {**item["change"], "before": before, "after": after}}


def _change(item: Mapping[str, Any]) -> Change:
    before, after = _sides(item["change"])
    unknown = item["change"].get("after_unknown") or {}
    return Change(
        address=str(item["address"]),
        type=str(item["type"]),
        name=str(item["name"]),
        actions=tuple(item["change"]["actions"]),
        before=before or {},
        after=after or {},
        unknown=frozenset(name for name, mark in unknown.items() if _any(mark)),
    )


def _sides(change: Mapping[str, Any]) -> tuple[Any, Any]:
    """Both sides of a change with every value covered that either side marks sensitive."""
    return _covered(
        change.get("before"), change.get("after"), change.get("before_sensitive"), change.get("after_sensitive")
    )


def _covered(before: Any, after: Any, before_marks: Any, after_marks: Any) -> tuple[Any, Any]:
    if before_marks is True or after_marks is True:
        same = before == after
        return (
            None if before is None else HIDDEN,
            None if after is None else HIDDEN if same or before is None else HIDDEN_NEW,
        )
    if isinstance(before, dict) or isinstance(after, dict):
        names = sorted({*_dict(before), *_dict(after)})
        pairs = {
            name: _covered(
                _dict(before).get(name),
                _dict(after).get(name),
                _dict(before_marks).get(name),
                _dict(after_marks).get(name),
            )
            for name in names
        }
        return (
            {name: pairs[name][0] for name in names if name in before} if isinstance(before, dict) else before,
            {name: pairs[name][1] for name in names if name in after} if isinstance(after, dict) else after,
        )
    if isinstance(before, list) or isinstance(after, list):
        length = max(len(_list(before)), len(_list(after)))
        sides = [
            _covered(_at(before, place), _at(after, place), _at(before_marks, place), _at(after_marks, place))
            for place in range(length)
        ]
        return (
            [pair[0] for pair in sides[: len(before)]] if isinstance(before, list) else before,
            [pair[1] for pair in sides[: len(after)]] if isinstance(after, list) else after,
        )
    return before, after


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(value: Any, place: int) -> Any:
    return _list(value)[place] if place < len(_list(value)) else None


def _any(mark: Any) -> bool:
    if isinstance(mark, dict):
        return any(_any(item) for item in mark.values())
    if isinstance(mark, list):
        return any(_any(item) for item in mark)
    return bool(mark)


def _short(value: object) -> str:
    if value is None or value in ([], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = _joined(value) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _joined(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
