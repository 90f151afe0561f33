"""A reviewer who works over plain HTTP, as a browser without JavaScript would."""

import re
import time
from types import TracebackType

import httpx2

TOO_QUICK = 0.6
"""Seconds after which the server believes that somebody has read the page."""


class Reviewer:
    """Signed in; closed at the end of its block."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self.http = httpx2.Client(
            base_url=address, trust_env=False, timeout=20, headers={"Referer": address}
        )
        form = {"login": name, "password": password}
        answer = self.submit("/accounts/login/", "/accounts/login/", form)
        assert answer.status_code == 302, answer.text

    def __enter__(self) -> "Reviewer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def vote(self, request_id: str, verdict: str, message: str = "") -> httpx2.Response:
        """Open the request, read it for a moment, press a button."""
        fields = self.opened(request_id)
        time.sleep(TOO_QUICK)
        return self.press(request_id, fields, verdict, message)

    def opened(self, request_id: str) -> dict[str, str]:
        """The hidden fields of the request's page, as it is now."""
        return self._fields(f"/r/{request_id}")

    def press(
        self, request_id: str, fields: dict[str, str], verdict: str, message: str = ""
    ) -> httpx2.Response:
        """Press a button on a page that was ``opened``."""
        form = {**fields, "verdict": verdict, "message": message}
        return self.http.post(f"/r/{request_id}/vote", data=form)

    def submit(self, page: str, target: str, form: dict[str, str]) -> httpx2.Response:
        """Fill in a form of ``page`` that goes to ``target``."""
        return self.http.post(target, data={**self._fields(page), **form})

    def _fields(self, page: str) -> dict[str, str]:
        shown = self.http.get(page)
        assert shown.status_code == 200, shown.text
        fields = {}
        for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', shown.text):
            attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            fields[attributes.get("name", "")] = attributes.get("value", "")
        return fields
