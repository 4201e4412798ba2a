"""How large a package is, against what Lambda takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEGABYTE: Final = 1024 * 1024
# Source: Lambda's guide, "Lambda quotas": the zip in one request, and everything unpacked, layers included.
DIRECT: Final = 50 * MEGABYTE
UNPACKED: Final = 250 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of the zip, bytes unpacked, and what each top-level name takes of these, the largest first."""

    zipped: int
    unpacked: int
    parts: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, zipped: int, sizes: Mapping[str, int]) -> Size:
        """The size of a package whose files have these `sizes`."""
        parts: dict[str, int] = {}
        for name, size in sizes.items():
            top = name.partition("/")[0]
            parts[top] = parts.get(top, 0) + size
        ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
        return cls(zipped, sum(sizes.values()), tuple(ordered))

    @property
    def direct(self) -> bool:
        """Whether the zip fits into one request to Lambda; a larger one goes through S3."""
        return self.zipped <= DIRECT

    def report(self) -> str:
        """One line: `3.1 of 50 MB zipped, 9.8 of 250 MB unpacked`."""
        return f"{_megabytes(self.zipped)} of 50 MB zipped, {_megabytes(self.unpacked)} of 250 MB unpacked"

    def check(self, *, bucket: bool) -> None:
        """Refuses what Lambda would refuse.

        Raises:
            DeployError: too large, with what takes most.
        """
        largest = ", ".join(f"{name} {_megabytes(size)} MB" for name, size in self.parts[:5])
        if self.unpacked > UNPACKED:
            raise DeployError(
                f"the package is too large: {self.report()}",
                help=f"leave something out in .cwsignore or move it to a layer; the largest are {largest}",
            )
        if not self.direct and not bucket:
            raise DeployError(
                f"the package is too large for one request: {self.report()}",
                help=f"name a bucket to send it through with --bucket; the largest are {largest}",
            )


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}"
