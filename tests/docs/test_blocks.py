"""Every block of the documentation runs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.blocks import Block, blocks, commands, run_console, run_python

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


@pytest.fixture
def namespace() -> Iterator[ModuleType]:
    """A module that the blocks of a page are the source of; the environment is as before afterwards."""
    module = ModuleType("page")
    environment = dict(os.environ)
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]
    os.environ.clear()
    os.environ.update(environment)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_blocks_run(page: Path, namespace: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The python blocks of a page run one after the other, and print what they show."""
    monkeypatch.chdir(tmp_path)
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in ("python", "py", "pycon") and block.mark != "no-run":
            run_python(block, page, namespace)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_console_blocks_run(page: Path) -> None:
    """The commands of a console block that is marked to run succeed, or print what stands below them."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in ("console", "shell", "sh", "bash") and block.mark == "run":
            run_console(block, page, ROOT)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_block_left_out_says_why(page: Path) -> None:
    """`no-run` needs a reason, and `run` is only for blocks with commands in them."""
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{page.name}:{block.line}"
        assert block.mark != "no-run" or block.reason, f"{where}: why is it not run?"
        assert block.mark != "run" or commands(block), f"{where}: there is no line that begins with '$ '"


LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the repository names a file that is there, and a heading that is in it."""
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / target) if target else page
        assert file.exists() or _is_source(file), f"{page.name}: {link['target']}"
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file), f"{page.name}: {link['target']}"


def _is_source(file: Path) -> bool:
    """Whether the target lies in a package, which is not beside the documentation when the wheel is tested."""
    return file.resolve().relative_to(ROOT).parts[0] in ("cwsauth", "coworks_compat")


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+?) *$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGE = """
# Page
```python
answer = 42
```
<!-- no-run: it would call AWS -->

```python
raise SystemExit
```
  ~~~console
  $ echo a \\
  >   b
  a b
  $ true
  ~~~
"""


def test_blocks_are_found() -> None:
    """Language, first line, mark and reason of each fenced block, without its indentation."""
    assert blocks(PAGE) == [
        Block(4, "python", "answer = 42\n"),
        Block(9, "python", "raise SystemExit\n", "no-run", "it would call AWS"),
        Block(12, "console", "$ echo a \\\n>   b\na b\n$ true\n"),
    ]
    assert commands(blocks(PAGE)[2]) == [(12, "echo a b", "a b\n"), (15, "true", "")]


def test_blocks_share_their_names(namespace: ModuleType) -> None:
    """A later block sees what an earlier one defined, in both forms."""
    run_python(Block(1, "python", "answer = 42\n"), Path("page.md"), namespace)
    run_python(Block(5, "python", ">>> question = answer\n>>> question\n42\n"), Path("page.md"), namespace)
    run_python(Block(9, "python", "assert question == 42\n"), Path("page.md"), namespace)


@pytest.mark.parametrize("code", ["assert answer == 1\n", ">>> 1 + 1\n3\n", ">>> missing\n"])
def test_a_block_that_is_not_true_fails(code: str, namespace: ModuleType) -> None:
    """A wrong output, a failing assertion and an unknown name are all found."""
    namespace.answer = 2  # type: ignore[attr-defined]
    with pytest.raises(AssertionError):
        run_python(Block(1, "python", code), Path("page.md"), namespace)


@pytest.mark.parametrize("code", ["$ echo a\nb\n", "$ false\n", "$ exit 3\n"])
def test_a_command_that_is_not_true_fails(code: str) -> None:
    """Another output, and an exit status that nothing explains, are found."""
    with pytest.raises(AssertionError, match="page"):
        run_console(Block(1, "console", code), Path("page.md"), ROOT)
