"""The `cws` command: one group, each command imported when it is used, so that `--help` is quick."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING


def main() -> int:
    """Run the command line of this process; the value is its exit code."""
    try:
        from coworks_compat.cli.group import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "click":
            raise
        sys.stderr.write("error: the cws command needs the package 'click'\nhelp: pip install 'cwsauth[coworks]'\n")
        return 4
    return run()


if TYPE_CHECKING:
    from coworks_compat.cli.group import cws as cws

if __name__ == "__main__":
    sys.exit(main())
