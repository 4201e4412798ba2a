"""`local_server_factory`, `run()`: the service over HTTP, as old tests and old mains start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from chalice.app import AuthResponse
from chalice.config import Config

from coworks_compat.pytest.local_server import ThreadedLocalServer

from .project import APP, CONFIG, environment, python, running, write_project
from .services import Pages, Simple

Factory = Callable[..., ThreadedLocalServer]


def test_calls_of_an_old_test(local_server_factory: Factory) -> None:
    """What tests of that version looked like: requests' functions, a path, keywords."""
    server = local_server_factory(Simple())
    server.wait_for_server_ready()
    assert server.make_call(requests.get, "/").text == "get"
    assert server.make_call(requests.get, "/content/3/other").text == "get content with 3 and other"
    assert server.make_call(requests.post, "/content", json={"other": "o"}).text.endswith("but o")
    assert server.make_call(requests.get, "/any", params={"value": 5, "other": "x"}).status_code == 200
    assert server.make_call(requests.get, "/one", params=[("value", 1), ("value", 2)]).text == "only ['1', '2']"
    answer = server.make_call(requests.post, "/form", files=[("files", ("f1.csv", "a,b"))], data={"text": "hello"})
    assert (answer.status_code, "f1.csv" in answer.text, "hello" in answer.text) == (200, True, True)


def test_refusals_of_the_old_server(local_server_factory: Factory) -> None:
    """405 for a verb, 403 for an unknown route, 401 without a header, 403 with its text when refused."""

    class Guarded(Simple):
        def auth(self, auth_request: Any) -> Any:
            if auth_request.token == "allow":
                return AuthResponse(routes=["/"], principal_id="user")
            return None if auth_request.token == "none" else False

    service = Guarded(configure_logs=False)
    service.register_blueprint(Pages(), url_prefix="/blueprint")
    server = local_server_factory(service)

    def call(path: str, token: str | None = None, method: Any = requests.get) -> tuple[int, str]:
        answer = server.make_call(method, path, headers={} if token is None else {"authorization": token})
        return answer.status_code, answer.text

    assert call("/", "allow") == (200, "get")
    refused = (403, '{"Message": "User is not authorized to access this resource"}')
    assert call("/", "refuse") == refused
    assert call("/blueprint/test/3", "allow") == refused
    assert call("/", "none") == refused
    assert call("/") == (401, '{"message":"Unauthorized"}')
    assert call("/unknown", "allow") == (403, '{"message": "Missing Authentication Token"}')
    assert call("/", "allow", requests.post)[0] == 405


def test_a_configuration_sets_the_variables_for_the_test(tmp_path: Path) -> None:
    """Global variables and the stage's, until the fixture ends."""
    from coworks_compat.pytest.local_server import serving

    write_project(tmp_path / "shop")
    before = dict(os.environ)
    with serving() as create:
        create(Simple(), config_path=str(tmp_path / "shop"), stage="dev")
        assert (os.environ["ADMIN_TOKEN"], os.environ["USER_TOKEN"]) == ("admin", "user")
        create(Simple(), config=Config.create(environment_variables={"CWS_TEST_VARIABLE": "set"}))
        assert os.environ["CWS_TEST_VARIABLE"] == "set"
    assert dict(os.environ) == before


def test_an_unused_port_is_free() -> None:
    """It can be bound."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", ThreadedLocalServer.unused_tcp_port()))


RUN = f"{APP}\n\n@app.before_request\ndef shown():\n    print('a hook ran', flush=True)\n\n\napp.run(port=int(os.environ['PORT']))\n"


@pytest.mark.slow
def test_run_serves_with_the_stage_and_the_hooks(tmp_path: Path) -> None:
    """`app.run()` reads the configuration, sets its variables, and serves until it is stopped."""
    project = write_project(tmp_path / "shop", app=RUN)
    port = ThreadedLocalServer.unused_tcp_port()
    url = f"http://127.0.0.1:{port}"
    with running([python(), "app.py"], project, f"{url}/health", PORT=str(port)) as process:
        assert requests.get(f"{url}/", headers={"authorization": "admin"}, timeout=5).text == "shop"
        assert requests.get(f"{url}/", headers={"authorization": "user"}, timeout=5).status_code == 403
        process.terminate()
        output = process.communicate()[0]
    assert f"Serving on {url}" in output
    assert "a hook ran" in output


@pytest.mark.parametrize(
    ("config", "stage", "message"),
    [(None, "dev", "cws init"), (CONFIG, "prod", "unknown stage 'prod'"), ({"app_name": 5}, "dev", "app_name")],
)
def test_run_without_a_configuration_ends_with_1(tmp_path: Path, config: Any, stage: str, message: str) -> None:
    """After a sentence on stderr."""
    project = write_project(tmp_path / "shop", app=f"{APP}\napp.run(port=0, stage={stage!r})\n", config=config)
    if config is None:
        (project / ".chalice" / "config.json").unlink()
    done = subprocess.run(
        [python(), "app.py"], cwd=project, env=environment(), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_an_error_with_a_next_step() -> None:
    """The message names the port and another one."""
    from coworks_compat.local import local_gateway, local_server
    from cwsauth.errors import ConfigError

    server = ThreadedLocalServer(Simple())
    try:
        with pytest.raises(ConfigError, match=f"port {server.port} of 127.0.0.1 is taken") as raised:
            local_server(local_gateway(Simple()), "127.0.0.1", server.port)
        assert f"--port {server.port + 1}" in raised.value.help
    finally:
        server.shutdown()
    assert sys.exc_info() == (None, None, None)
