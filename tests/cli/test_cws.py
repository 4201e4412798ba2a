"""`cws`: its commands in this process, as one types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version
from pathlib import Path

import pytest

from coworks_compat.cli.group import COMMANDS, run
from coworks_compat.cli.service import forget_modules

from ..compat.project import APP, CONFIG, environment, python, write_project


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Cws = Callable[..., Result]


@pytest.fixture
def cws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cws]:
    """Runs `cws` in an empty directory; variables and modules are as before when the test ends."""
    monkeypatch.chdir(tmp_path)
    before, path = dict(os.environ), list(sys.path)

    def call(*args: str | Path) -> Result:
        forget_modules(tmp_path)
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    yield call
    forget_modules(tmp_path)
    sys.path[:] = path
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


# the group


def test_every_command_has_a_line_of_help_and_a_module(cws: Cws) -> None:
    """`--help` lists them without importing one, and each has help of its own."""
    listed = cws("--help").out
    modules = {path.stem for path in (Path(run.__code__.co_filename).parent / "commands").glob("[a-z]*.py")}
    assert modules <= set(COMMANDS)
    for name in modules:
        assert f"\n  {name} " in listed
        assert cws(name, "--help").out.startswith(f"Usage: cws {name}")


def test_no_command_shows_help_and_is_wrong_usage(cws: Cws) -> None:
    """As click does: exit code 2."""
    result = cws()
    assert result.code == 2
    assert "Usage: cws" in result.err


def test_the_version(cws: Cws) -> None:
    """Of the distribution, where it is installed."""
    try:
        version = distribution_version("cwsauth")
    except PackageNotFoundError:
        pytest.skip("the distribution is not installed, only its source is there")
    assert cws("--version").out == f"cws {version}\n"


def test_a_misspelled_command_is_suggested(cws: Cws) -> None:
    """With exit code 2."""
    result = cws("rotues")
    assert (result.code, result.out) == (2, "")
    assert "no such command 'rotues'; did you mean 'routes'?" in result.err


def test_help_imports_nothing_heavy() -> None:
    """No Chalice, pydantic, rich, werkzeug: that is what makes it quick."""
    code = "import sys; from coworks_compat.cli.group import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [python(), "-c", code], env=environment(), capture_output=True, text=True, timeout=30, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"chalice", "pydantic", "rich", "werkzeug", "boto3", "yaml", "wcmatch", "watchfiles"}


# new, init


def test_init_writes_the_configuration_of_the_guide(cws: Cws, tmp_path: Path) -> None:
    """A stage 'dev'; said once, refused the second time without failing, written again with --force."""
    project = tmp_path / "example"
    project.mkdir()
    os.chdir(project)
    result = cws("init")
    assert (result.code, result.out) == (0, "Project example initialized\n")
    config = project / ".chalice" / "config.json"
    written = {"version": "2.0", "app_name": "example", "stages": {"dev": {"api_gateway_stage": "dev"}}}
    assert json.loads(config.read_text()) == written
    config.write_text("{}")
    result = cws("init")
    assert (result.code, result.out, result.err) == (0, "", "Project example already initialized\n")
    assert config.read_text() == "{}"
    result = cws("init", "--force")
    assert (result.code, result.out) == (0, "Project example reinitialized\n")
    assert json.loads(config.read_text()) == written


def test_init_writes_where_project_dir_says(cws: Cws, tmp_path: Path) -> None:
    """It wrote to the working directory once, and crashed."""
    (tmp_path / "src").mkdir()
    assert cws("--project-dir", "src", "init").out == "Project src initialized\n"
    assert (tmp_path / "src" / ".chalice" / "config.json").exists()
    assert not (tmp_path / ".chalice").exists()


def test_init_with_force_keeps_what_is_deployed(cws: Cws, tmp_path: Path) -> None:
    """Without those files nobody could update or destroy it."""
    project = write_project(tmp_path / "shop")
    (project / ".chalice" / "deployed").mkdir()
    (project / ".chalice" / "deployed" / "dev.json").write_text("{}")
    assert cws("-p", project, "init", "--force").code == 0
    assert (project / ".chalice" / "deployed" / "dev.json").exists()


def test_init_in_a_directory_that_cannot_be_written(cws: Cws, tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    (tmp_path / "file").write_text("")
    result = cws("-p", "file", "init")
    assert result.code == 4
    assert result.err.startswith("error: cannot write '")


@pytest.mark.slow
def test_a_new_project_passes_its_tests(cws: Cws, tmp_path: Path) -> None:
    """`cws new shop && cd shop && pytest`; its tokens are its own, and git ignores them."""
    result = cws("new", "shop")
    assert result.code == 0, result.err
    shop = tmp_path / "shop"
    done = subprocess.run(
        [python(), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=shop,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout
    secrets = (shop / ".chalice" / "dev.env").read_text()
    assert "ADMIN_TOKEN=" in secrets
    assert ".chalice/dev.env" in (shop / ".gitignore").read_text()
    assert secrets.split("=")[1][:20] not in "".join(
        path.read_text()
        for path in shop.rglob("*")
        if path.is_file() and path.name != "dev.env" and path.suffix != ".pyc"
    )
    routes = cws("-p", shop, "routes", "--json")
    assert routes.code == 0
    assert json.loads(routes.out)["policies"] == ["no token", "ADMIN_TOKEN", "USER_TOKEN"]


def test_new_does_not_overwrite(cws: Cws, tmp_path: Path) -> None:
    """A directory with something in it is left alone."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine").write_text("mine")
    result = cws("new", "shop")
    assert result.code == 1
    assert "is there already" in result.err
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["---", "1st"])
def test_new_needs_a_name_for_a_class(cws: Cws, name: str) -> None:
    """One that begins with a letter."""
    result = cws("new", "--", name)
    assert result.code == 4
    assert "can be named after" in result.err


# routes


def rows(result: Result) -> dict[str, dict[str, str]]:
    """Verdicts by route and column."""
    data = json.loads(result.out)
    return {
        f"{route['method']} {route['template']}": {name: cell["verdict"] for name, cell in route["access"].items()}
        for route in data["routes"]
    }


def test_routes_asks_the_services_auth(cws: Cws, tmp_path: Path) -> None:
    """With the tokens of the stage, and without one."""
    write_project(tmp_path / "shop")
    found = rows(cws("-p", "shop", "routes", "--json"))
    assert found["GET /product/{_0}"] == {"no token": "denied", "ADMIN_TOKEN": "allowed", "USER_TOKEN": "allowed"}
    assert found["GET /"] == {"no token": "denied", "ADMIN_TOKEN": "allowed", "USER_TOKEN": "denied"}
    assert set(found["GET /health"].values()) == {"allowed"}


def test_routes_as_a_token(cws: Cws, tmp_path: Path) -> None:
    """A variable's, or one that is typed, which is not shown."""
    write_project(tmp_path / "shop")
    assert list(rows(cws("-p", "shop", "routes", "--as", "USER_TOKEN", "--json"))["GET /"]) == [
        "no token",
        "USER_TOKEN",
    ]
    result = cws("-p", "shop", "routes", "--as", "admin", "--json")
    assert rows(result)["GET /"]["the token"] == "allowed"
    assert '"admin"' not in result.out
    assert cws("-p", "shop", "routes", "--as", "$UNSET_TOKEN").code == 4


def test_routes_shows_both_guards(cws: Cws, tmp_path: Path) -> None:
    """A blueprint with its own auth is asked for its own routes."""
    app = APP.replace("app = Shop()", "").replace("import TechMicroService", "import Blueprint, TechMicroService")
    app += textwrap.dedent("""
        class Inner(Blueprint):
            def auth(self, auth_request):
                return auth_request.token == "user"

            def get_inner(self):
                return "inner"

        app = Shop()
        app.register_blueprint(Inner())
    """)
    write_project(tmp_path / "shop", app=app)
    found = rows(cws("-p", "shop", "routes", "--json"))
    assert found["GET /inner"] == {"no token": "denied", "ADMIN_TOKEN": "denied", "USER_TOKEN": "allowed"}
    assert found["GET /"]["ADMIN_TOKEN"] == "allowed"


def test_routes_of_a_plain_chalice_app(cws: Cws, tmp_path: Path) -> None:
    """Open routes are open, those of its own authorizer are shown as denied: it is not the service's to ask."""
    app = textwrap.dedent("""
        from chalice import Chalice

        app = Chalice("plain")

        @app.authorizer()
        def auth(request):
            return None

        @app.route("/open")
        def opened():
            return "open"

        @app.route("/closed/{name}", authorizer=auth)
        def closed(name):
            return name
    """)
    write_project(tmp_path / "shop", app=app)
    found = rows(cws("-p", "shop", "routes", "--json"))
    assert set(found["GET /open"].values()) == {"allowed"}
    assert set(found["GET /closed/{name}"].values()) == {"denied"}


@pytest.mark.parametrize(("form", "text"), [("table", "/product/{_0}"), ("markdown", "| GET |"), ("html", "<!doctype")])
def test_routes_in_every_form(cws: Cws, tmp_path: Path, form: str, text: str) -> None:
    """As a table, Markdown, a page."""
    write_project(tmp_path / "shop")
    result = cws("-p", "shop", "routes", "--format", form)
    assert result.code == 0, result.err
    assert text in result.out


def test_routes_says_what_failed(cws: Cws, tmp_path: Path) -> None:
    """An auth that raises is a warning, and its routes are denied."""
    write_project(tmp_path / "shop", app=APP.replace("return False", "raise ValueError").replace('"USER_TOKEN"', '"X"'))
    result = cws("-p", "shop", "routes", "--json")
    assert result.code == 0
    assert "warning: auth failed for USER_TOKEN" in result.err


# export


def test_export_openapi(cws: Cws, tmp_path: Path) -> None:
    """Paths with parameters, what guards them, open routes without security; a valid document."""
    write_project(tmp_path / "shop")
    result = cws("-p", "shop", "export", "-f", "openapi", "-o", "api.json")
    assert result.code == 0, result.err
    document = json.loads((tmp_path / "api.json").read_text())
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)
    assert document["paths"]["/product/{_0}"]["get"]["security"] == [{"auth": []}]
    assert "security" not in document["paths"]["/health"]["get"]
    assert document["paths"]["/product/{_0}"]["get"]["parameters"][0]["description"] == "ref"
    body = document["paths"]["/product"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == ["name"]
    from cwsauth import RouteTable

    assert len(RouteTable.of(document)) == 4


def test_export_by_a_writer_of_the_service(cws: Cws, tmp_path: Path) -> None:
    """app.extensions['writers'][format], as before."""
    writer = textwrap.dedent("""
        class Writer:
            def export(self, output, module_name, handler_name, project_dir, biz):
                print("written", module_name, handler_name, biz)

        app.extensions["writers"] = {"list": Writer()}
    """)
    write_project(tmp_path / "shop", app=APP + writer)
    assert cws("-p", "shop", "export", "-f", "list", "-b", "x").out == "written app app x\n"


def test_export_in_an_unknown_format(cws: Cws, tmp_path: Path) -> None:
    """Exit code 1, and the formats that there are."""
    write_project(tmp_path / "shop")
    result = cws("-p", "shop", "export", "-f", "pdf")
    assert result.code == 1
    assert "there is no format 'pdf'" in result.err
    assert "openapi, terraform" in result.err


# auth


def test_auth_is_the_other_command(cws: Cws, tmp_path: Path) -> None:
    """Its commands, in the directory of the project."""
    write_project(tmp_path / "shop")
    result = cws("-p", "shop", "auth", "explain", "--rule", "product/*", "GET", "/product/1")
    assert result.code == 0, result.err
    assert "allowed" in result.out
    assert cws("auth", "explain", "--rule", "product/*", "GET", "/other").code == 3
    assert cws("-p", "nowhere", "auth", "explain", "--rule", "x", "GET", "/x").code == 4


def test_auth_takes_a_service_for_its_policy(cws: Cws, tmp_path: Path) -> None:
    """`app:app` with the variable of a token."""
    write_project(tmp_path / "shop")
    os.environ["USER_TOKEN"] = "user"
    result = cws("-p", "shop", "auth", "routes", "app:app", "--token-env", "USER_TOKEN", "--json")
    assert result.code == 0, result.err
    assert rows(result)["GET /product/{_0}"] == {"USER_TOKEN": "allowed"}


# what a newcomer meets


@pytest.mark.parametrize("command", [["run"], ["routes"], ["export"]])
@pytest.mark.parametrize(
    ("prepare", "options", "code", "message", "help"),
    [
        ("empty", [], 4, "there is no '.chalice/config.json'", "cws init"),
        ("json", [], 4, ", column ", "comma"),
        ("key", [], 4, "unknown key 'app_nam'", "did you mean 'app_name'"),
        ("project", ["-s", "prd"], 4, "unknown stage 'prd'", "'dev'"),
        ("no module", [], 1, "there is no module 'app'", "cws new"),
        ("project", ["-m", "other"], 1, "there is no module 'other'", "--module"),
        ("project", ["-a", "shop"], 1, "module 'app' has no service 'shop'", "did you mean --app app?"),
        ("project", ["-a", "Shop"], 1, "'Shop' of module 'app' is the class Shop, not a service", "Shop()"),
        ("project", ["-a", "os"], 1, "'os' of module 'app' is a module, not a service", "did you mean --app app?"),
        ("syntax", [], 1, "app.py line 2, column", "correct the line"),
        ("import", [], 1, "app.py line 1 imports 'not_installed', which is not installed", "pip install not_installed"),
        ("raises", [], 1, "app.py line 2 raised KeyError", "--debug"),
        ("helper", [], 1, "'postal_code' of Shop merely begins with 'post'", "@entry"),
        ("twice", [], 1, "Duplicate method", "--debug"),
    ],
)
def test_errors_are_sentences_with_a_next_step(
    cws: Cws, tmp_path: Path, command: list[str], prepare: str, options: list[str], code: int, message: str, help: str
) -> None:
    """No traceback, no secret, and the documented exit code."""
    project = tmp_path / "shop"
    apps = {
        "syntax": "x = 1\ndef broken(:\n",
        "import": "import not_installed\n",
        "raises": "import os\nos.environ['CANARY_TOKEN_VARIABLE']\n",
        "helper": APP.replace("def get(self)", "def postal_code(self)"),
        "twice": APP.replace("def get(self)", "def get__product(self, ref)"),
    }
    write_project(project, app=apps.get(prepare, APP))
    config = project / ".chalice" / "config.json"
    if prepare == "empty":
        config.unlink()
    elif prepare == "json":
        config.write_text('{\n  "version": "2.0",\n}\n')
    elif prepare == "key":
        config.write_text(json.dumps({**CONFIG, "app_nam": "x"}))
    elif prepare == "no module":
        (project / "app.py").unlink()
    more = ["--port", "0"] if command == ["run"] else []
    result = cws("-p", "shop", *command, *options, *more)
    assert result.code == code, result.err
    assert message in result.err
    assert help in result.err
    assert "Traceback" not in result.err
    assert "CANARY" not in result.err
    assert len(result.err.strip().splitlines()) == 2


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """Of the error itself."""
    write_project(tmp_path / "shop", app="raise KeyError('x')\n")
    done = subprocess.run(
        [python(), "-m", "coworks_compat.cli.main", "--debug", "routes"],
        cwd=tmp_path / "shop",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "KeyError" in done.stderr


# old names


def test_the_old_names(tmp_path: Path, cws: Cws) -> None:
    """CWSFactory, client and main are where they were."""
    from coworks_compat.cli.client import CWSFactory, client, main

    write_project(tmp_path / "shop")
    app = CWSFactory.import_attr("app", "app", cwd=str(tmp_path / "shop"))
    assert CWSFactory(app, "shop", debug=True).app.app_name == "Shop"
    assert client.name == "cws"
    assert callable(main)
