"""All benchmarks, one after the other: `make bench`, or `make bench FULL=1` for the long run.

    python -m benchmarks.run [--full] [--only decisions,events] [--write]

Each question runs in a process of its own. Writes `benchmarks/results.json`, and from it `benchmarks/RESULTS.md`, the plots in
`docs/images` and the table of the README; `--write` writes those from the results that are there, `--only` renews some.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.measure import Report
from benchmarks.publish import publish

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
QUESTIONS = (
    "cold_start",
    "events",
    "decisions",
    "build",
    "documents",
    "compiled",
    "sizes",
    "exactness",
    "tokens",
    "cache_simulation",
)
PEERS = (
    *("routrie", "falcon", "werkzeug", "starlette", "wcmatch", "vakt", "casbin", "cedarpy", "oso", "chalice"),
    *("aws-lambda-powertools", "PyJWT", "joserfc", "cryptography", "awslambdaric", "pyperf"),
)


def ask(question: str, full: bool) -> Report:
    """The report of one question, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "report.json"
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{question}", "--report", str(target)]
        subprocess.run([*command, *["--full"] * full], check=True, stdout=subprocess.DEVNULL, cwd=HERE.parent)
        return Report.read(json.loads(target.read_text(encoding="utf-8")))


def machine() -> dict[str, str]:
    """What the figures depend on; nothing that names the machine."""
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": f"{_processor()}, {platform.machine()}",
        "system": platform.system(),
        "versions": ", ".join(f"{name} {version}" for name in PEERS if (version := _version(name))),
        "missing": ", ".join(name for name in PEERS if not _version(name)),
    }


def _processor() -> str:
    """The model that Linux names, and how many there are."""
    import os

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else 'processor'}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def main() -> None:
    """Runs them and writes the results."""
    parser = argparse.ArgumentParser(description="All benchmarks.")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="", help="some of them, by name and comma")
    parser.add_argument("--write", action="store_true", help="measure nothing; write the pages from results.json")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    if unknown := set(wanted) - set(QUESTIONS):
        parser.error(f"no question {', '.join(sorted(unknown))}; there are: {', '.join(QUESTIONS)}")
    results: dict[str, Any] = {"reports": {}}
    if RESULTS.exists():  # what is not asked again, or not reached, stays
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    began = time.monotonic()
    for name in () if options.write else wanted or QUESTIONS:
        report = ask(name, options.full)
        print(f"{report.text()}\n[{name}: {time.monotonic() - began:.0f} s since the start]\n", flush=True)
        run = f"{'the long run' if options.full else 'the short run'} of {datetime.now(UTC):%Y-%m-%d}"
        results["reports"][name] = {"run": run, "report": asdict(report)}
        results["machine"] = machine()
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for written in publish(results):
        print(f"wrote {written}")
    print(f"after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
