"""Multipart bodies: texts, JSON parts and files. Source: RFC 7578, RFC 2046 section 5.1."""

from __future__ import annotations

import io
import json

from chalice.app import BadRequestError


class FileParam:
    """A file of a form: `file` is binary and open, `file.name` its name; `mime_type` as the client said, or None."""

    def __init__(self, file: io.BytesIO, mime_type: str | None = None) -> None:
        self.file = file
        self.mime_type = mime_type

    def __repr__(self) -> str:
        name = getattr(self.file, "name", "")
        return f"FileParam({name}, {self.mime_type})" if self.mime_type else f"FileParam({name})"


def form(body: bytes, content_type: str) -> list[tuple[str, object]]:
    """The parts of a form in their order: text, the value of a JSON part, or a `FileParam`.

    Raises:
        BadRequestError: not a multipart body, or a part without a name.
    """
    from email.message import Message  # a service without forms does not pay for it

    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not boundary:
        raise BadRequestError("the multipart body has no boundary")
    # A boundary stands at the beginning of a line, so the body gets a line end for its first one.
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(chunks) < 2 or not chunks[-1].startswith(b"--"):
        raise BadRequestError("the multipart body is not complete")
    return [_part(chunk) for chunk in chunks[1:-1]]


def _part(chunk: bytes) -> tuple[str, object]:
    padding, _, rest = chunk.partition(b"\r\n")
    head, end, content = rest.partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not end:
        raise BadRequestError("a part of the multipart body has no header")
    from email.parser import BytesHeaderParser

    headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise BadRequestError("a part of the multipart body has no name")
    mime_type = headers.get_content_type() if "content-type" in headers else None
    filename = headers.get_filename()
    if filename is not None:
        if mime_type == "text/s3":
            raise BadRequestError("files by reference to S3 are not supported")
        file = io.BytesIO(content)
        file.name = filename
        return name, FileParam(file, mime_type)
    text = content.decode()
    return name, json.loads(text) if mime_type == "application/json" else text
