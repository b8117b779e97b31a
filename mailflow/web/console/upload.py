"""A form with one file in it, bounded before it is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from mailflow.web.shield import from_elsewhere

#: Some 50,000 people. More comes by `mailflow people import`.
MAX_BYTES = 5 * 1024 * 1024
MAX_FIELDS = 10
#: Seconds for the file to arrive.
SECONDS = 60.0


async def read_upload(request: Request) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    """The fields of a multipart form, and its file as (name, bytes), None where there is none.

    Raises HTTPException: 403 sent by another site, 408 too slow, 413 too long, 415 no such form,
    400 unreadable.
    """
    if from_elsewhere(request.headers, ""):
        raise HTTPException(403)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(415)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    parser = MultiPartParser(
        request.headers, _whole(bytes(body)), max_files=1, max_fields=MAX_FIELDS
    )
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, KeyError):
        raise HTTPException(400) from None
    fields: dict[str, str] = {}
    file = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            file = (value.filename or "", await value.read())
        else:
            fields[name] = value
    await form.close()
    return fields, file


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
