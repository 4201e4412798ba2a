"""How a request becomes arguments: query, JSON body, form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coworks_compat import FileParam
from coworks_compat.multipart import form as parts_of

from .services import Simple, api_event


def ask(method: str, resource: str, *, body: str | bytes | None = None, **more: Any) -> tuple[int, str]:
    """Status and body of a direct call of the service's handler."""
    if "content_type" in more:
        more["headers"] = {"content-type": more.pop("content_type")}
    response = Simple()(api_event(method, resource, body=body, **more), None)
    return response["statusCode"], response["body"]


def query(**values: list[str]) -> dict[str, Any]:
    return {"multiValueQueryStringParameters": values}


def test_query_values_are_keywords() -> None:
    """One value is a string, several are a list, and they come as strings whatever the annotation says."""
    assert ask("GET", "/one", **query(value=["5"])) == (200, "only 5")
    assert ask("GET", "/one", **query(value=["5", "6"])) == (200, "only ['5', '6']")
    assert ask("GET", "/one") == (200, "only 0")


def test_an_unknown_name_in_the_query_is_400() -> None:
    """Unless the method takes **kw."""
    status, body = ask("GET", "/one", **query(value=["5"], other=["x"]))
    assert status == 400
    assert json.loads(body) == {
        "Code": "BadRequestError",
        "Message": "TypeError: got an unexpected keyword argument 'other'",
    }
    assert ask("GET", "/any", **query(value=["5"], other=["x"])) == (200, "5 and [('other', 'x')]")


def test_a_method_without_keywords_ignores_everything() -> None:
    """Query and body of a call that takes no keyword are not looked at."""
    assert ask("GET", "/content", **query(other=["x"])) == (200, "get content")
    assert ask("GET", "/content", body="{not json", content_type="application/json") == (200, "get content")


def test_of_several_keywords_the_first_gets_other_json() -> None:
    """A list, a number, a text: whatever is no object."""
    for sent, told in (("[1, 2]", "[1, 2]"), ("5", "5"), ('"a"', "a")):
        assert ask("POST", "/form", body=sent) == (200, f"{told}, None, []")


def test_keyword_only_parameters_are_not_for_callers() -> None:
    """They keep their defaults: alone they make a method without keywords, and beside others they are unknown names."""

    class KeywordOnly(Simple):
        def get_alone(self, *, secret: str = "default") -> str:
            return secret

        def get_beside(self, value: str = "0", *, secret: str = "default") -> str:
            return f"{value} {secret}"

    def call(path: str, **values: list[str]) -> tuple[int, str]:
        response = KeywordOnly()(api_event("GET", path, **query(**values)), None)
        return response["statusCode"], response["body"]

    assert call("/alone", secret=["sent"]) == (200, "default")
    assert call("/beside", value=["1"]) == (200, "1 default")
    assert call("/beside", secret=["sent"])[0] == 400


def test_a_json_object_is_keywords() -> None:
    """Its values keep their types; an unknown one is 400; the query does not count then."""
    assert ask("POST", "/content", body='{"other": [1, {"a": 2}]}') == (
        200,
        "post content without value but [1, {'a': 2}]",
    )
    assert ask("POST", "/content", body='{"unknown": 1}')[0] == 400
    assert ask("POST", "/content", body='{"other": 1}', **query(unknown=["x"])) == (
        200,
        "post content without value but 1",
    )


def test_a_path_parameter_cannot_be_given_twice() -> None:
    """A body that names a parameter of the path is 400."""
    path = {"pathParameters": {"_0": "3"}}
    assert ask("POST", "/content/{_0}", body='{"other": "o"}', **path) == (200, "post content with 3 and o")
    assert ask("POST", "/content/{_0}", body='{"other": "o", "value": 5}', **path)[0] == 400


@pytest.mark.parametrize(("body", "value"), [('"other"', "other"), ("[1, 2]", "[1, 2]"), ("7", "7"), ("null", "None")])
def test_other_json_is_the_first_keyword(body: str, value: str) -> None:
    """A JSON value that is no object goes to the first parameter with a default."""
    assert ask("POST", "/content", body=body) == (200, f"post content without value but {value}")


def test_bad_json_is_400() -> None:
    """A body that is no JSON never reaches the method."""
    status, body = ask("POST", "/content", body="{not json")
    assert (status, json.loads(body)["Message"]) == (400, "Error Parsing JSON")


def test_an_empty_body_is_none() -> None:
    """Then the query counts, with every verb."""
    assert ask("POST", "/content", body="", **query(other=["q"])) == (200, "post content without value but q")


def test_other_content_types_are_415() -> None:
    """Only JSON and forms are taken."""
    assert ask("POST", "/content", body="x", content_type="text/plain")[0] == 415


def test_path_values_come_undecoded() -> None:
    """As API Gateway hands them over."""
    assert ask("GET", "/content/{_0}", pathParameters={"_0": "a%2Fb"}) == (200, "get content with a%2Fb")


BOUNDARY = "----limit"


def multipart(*parts: tuple[str, str]) -> str:
    """A form of (header, content) parts."""
    text = "".join(f"--{BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n" for head, content in parts)
    return f"{text}--{BOUNDARY}--\r\n"


def form(*parts: tuple[str, str]) -> tuple[int, str]:
    return ask("POST", "/form", body=multipart(*parts), content_type=f"multipart/form-data; boundary={BOUNDARY}")


def test_parts_of_a_form_are_keywords() -> None:
    """Texts are strings, JSON parts are parsed, files are FileParams with a name and a type."""
    status, body = form(
        ('Content-Disposition: form-data; name="text"', "hello world"),
        ('Content-Disposition: form-data; name="context"\r\nContent-Type: application/json', '{"key": "value"}'),
        ('Content-Disposition: form-data; name="files"; filename="f1.csv"', "some,data\nmore"),
    )
    assert (status, body) == (200, "hello world, {'key': 'value'}, [\"f1.csv:None:b'some,data\\\\nmore'\"]")


def test_repeated_parts_are_a_list() -> None:
    """Two files of one name arrive together, in their order."""
    status, body = form(
        ('Content-Disposition: form-data; name="files"; filename="f1.csv"', "1"),
        ('Content-Disposition: form-data; name="files"; filename="f2.txt"\r\nContent-Type: text/plain', "2"),
    )
    assert status == 200
    assert "f1.csv:None" in body
    assert "f2.txt:text/plain" in body


def test_an_unknown_part_is_400() -> None:
    """As with a JSON body."""
    assert form(('Content-Disposition: form-data; name="unknown"', "x"))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        "no form at all",
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--",
        f"--{BOUNDARY}\r\n",
    ],
)
def test_a_bad_form_is_400(body: str) -> None:
    """It was swallowed once, and the method ran with its defaults: now the client hears of it."""
    assert ask("POST", "/form", body=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")[0] == 400


def test_a_file_by_reference_to_s3_is_400() -> None:
    """Outside of what is built, and said so."""
    status, body = form(
        ('Content-Disposition: form-data; name="files"; filename="f"\r\nContent-Type: text/s3', "bucket/key")
    )
    assert status == 400
    assert "S3" in body


def test_bytes_of_a_file_stay_as_they_are() -> None:
    """Line ends and bytes above 127 of a file are not touched."""
    content = bytes(range(256)) + b"\r\n\r\n--x\r\n"
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="f.bin"\r\n\r\n'.encode()
    body = head + content + f"\r\n--{BOUNDARY}--".encode()
    ((name, file),) = parts_of(body, f"multipart/form-data; boundary={BOUNDARY}")
    assert name == "files"
    assert isinstance(file, FileParam)
    assert (file.file.read(), file.file.name) == (content, "f.bin")


def test_the_request_under_way_is_the_services() -> None:
    """`self.current_request` is Chalice's Request."""

    class Echo(Simple):
        def get_method(self) -> Any:
            request = self.current_request
            assert request is not None
            return [request.method, request.headers["x-mine"]]

    response = Echo()(api_event("GET", "/method", headers={"X-Mine": "yes"}), None)
    assert json.loads(response["body"]) == ["GET", "yes"]
