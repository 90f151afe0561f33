"""Django's ASGI handler, once for agents and once for people."""

import asyncio
import tempfile
from asyncio import FIRST_COMPLETED
from contextlib import ExitStack, suppress
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.exception import convert_exception_to_response
from django.urls import set_script_prefix

from approvals.problems import MAX_BODY, Answer, as_problem

DRAINED = 16
"""How many times the limit is read and thrown away, so that a client that
sends too much still reads our answer instead of a reset connection."""


class _LimitedBody(ASGIHandler):
    max_body: int

    async def read_body(self, receive: Any) -> IO[bytes]:
        """At most ``max_body`` bytes and one more: the sign that it was too large."""
        with ExitStack() as unless_read:
            body: IO[bytes] = unless_read.enter_context(
                tempfile.SpooledTemporaryFile(
                    max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE
                )
            )
            received, more = 0, True
            while more and received <= DRAINED * self.max_body:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                chunk = message.get("body", b"")
                body.write(chunk[: max(0, self.max_body + 1 - received)])
                received += len(chunk)
                more = message.get("more_body", False)
            body.seek(0)
            unless_read.pop_all()
            return body


class AgentHandler(_LimitedBody):
    """No sessions, no cookies, no CSRF; and no thread is held while an agent waits.

    Django's own ``__call__`` gives each request a thread of its own for
    synchronous code and keeps it to the end: a thousand waiting agents would
    be a thousand threads. Here views bring their own few threads, which look
    after their connections; so the signals around a request have no work.
    """

    max_body = MAX_BODY
    # Django's own, which its type stubs leave out.
    _get_response_async: Answer
    _view_middleware: list[Any]
    _template_response_middleware: list[Any]
    _exception_middleware: list[Any]

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        answer = convert_exception_to_response(self._get_response_async)
        self._middleware_chain = as_problem(cast("Answer", answer))
        self._view_middleware = []
        self._template_response_middleware = []
        self._exception_middleware = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            answering = asyncio.create_task(self._answer(scope, body, send))
            leaving = asyncio.create_task(self._wait_until_left(receive))
            await asyncio.wait({answering, leaving}, return_when=FIRST_COMPLETED)
            # Nobody reads the answer to a client that has left: stop waiting for it.
            for task in (leaving, answering):
                if not task.done():
                    task.cancel()
            with suppress(asyncio.CancelledError):
                await answering

    async def _answer(self, scope: Any, body: IO[bytes], send: Any) -> None:
        set_script_prefix(get_script_prefix(scope))
        request, refusal = self.create_request(scope, body)
        if request is None:
            assert refusal is not None
            await self.send_response(refusal, send)
        else:
            await self.send_response(await self.get_response_async(request), send)

    async def _wait_until_left(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue


class PageHandler(_LimitedBody):
    """The whole of Django, for browsers."""

    max_body = 1024 * 1024
