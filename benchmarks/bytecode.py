"""What does bytecode in the package save when a Lambda starts? The same service packed without and with it.

    python -m benchmarks.bytecode [--runs 15]

Each start is a fresh isolated interpreter that has Lambda's runtime client imported, looks only into the unpacked package, and
writes nothing, as where the file system is read-only. CPU milliseconds of importing the app and of its first authorizer event.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from coworks_compat.config.stage import Stage
from coworks_compat.deploy.package import build

APP = """
import os

from coworks_compat import TechMicroService

class Shop(TechMicroService):
    def auth(self, auth_request):
        if auth_request.token == os.environ["TOKEN"]:
            return ["product", "product/*"]
        return False

    def get_product(self, ref):
        return {"ref": ref}

    def get_products(self):
        return []

app = Shop(app_name="shop")
"""
START = """
import sys, time
sys.path[:0] = [sys.argv[1]]
sys.path += sys.argv[2:]
try:
    import awslambdaric.bootstrap
except ImportError:
    import decimal, importlib, json, logging, os, traceback
import json, os
os.environ["TOKEN"] = "t"
began = time.process_time()
import app
imported = time.process_time()
arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"
answer = app.app({"type": "TOKEN", "authorizationToken": "t", "methodArn": arn}, None)
ended = time.process_time()
print(json.dumps([1e3 * (imported - began), 1e3 * (ended - imported), answer["policyDocument"]]))
"""


def main() -> None:
    """Print the medians of both packages, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as directory:
        found = measure(Path(directory), runs)
    print(f"{'':12}{'zip':>10}{'import':>12}{'first event':>14}   (CPU ms, median of {runs})")
    for name, (size, imported, event) in found.items():
        print(f"{name:12}{size / 1e3:>7.0f} kB{imported:>12.1f}{event:>14.1f}")
    print(f"without / with: {found['sources'][1] / found['bytecode'][1]:.1f} for the import")


def measure(directory: Path, runs: int) -> dict[str, tuple[int, float, float]]:
    """Package by package: bytes of the zip, CPU milliseconds of the import and of the first event. In turn."""
    project = directory / "shop"
    project.mkdir()
    (project / "app.py").write_text(APP, encoding="utf-8")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stage = Stage(name="dev", app_name="shop", api_gateway_stage="dev", python_version=version)
    sizes: dict[str, int] = {}
    for name, pyc in (("sources", False), ("bytecode", True)):
        made = build(project, stage, pyc=pyc, into=directory / f"{name}-zip")
        sizes[name] = made.size.zipped
        with zipfile.ZipFile(made.path) as archive:
            archive.extractall(directory / name)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sizes}
    answers = []
    elsewhere = [path for path in sys.path if path.endswith("site-packages")]  # of Lambda's runtime client
    for _ in range(runs):
        for name in sizes:
            command = [sys.executable, "-I", "-B", "-c", START, str(directory / name), *elsewhere]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            imported, event, answer = json.loads(done.stdout)
            times[name].append((imported, event))
            answers.append(answer)
    assert all(answer == answers[0] for answer in answers), "both packages answer the same"
    return {
        name: (sizes[name], statistics.median(t[0] for t in found), statistics.median(t[1] for t in found))
        for name, found in times.items()
    }


if __name__ == "__main__":
    main()
