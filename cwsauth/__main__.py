"""`python -m cwsauth`, and the script `cwsauth`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process; the value is its exit code."""
    try:
        from cwsauth.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "pydantic", "yaml", "rich"):
            raise
        sys.stderr.write(f"error: the command line needs the package '{error.name}'\n")
        sys.stderr.write("help: pip install 'cwsauth[cli]'\n")
        return 4
    return run()


if __name__ == "__main__":
    sys.exit(main())
