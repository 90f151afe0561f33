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
        answer = self._submit("/accounts/login/", "/accounts/login/", form)
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
        form = {"verdict": verdict, "message": message}
        page, target = f"/r/{request_id}", f"/r/{request_id}/vote"
        return self._submit(page, target, form, pause=TOO_QUICK)

    def _submit(
        self, page: str, target: str, form: dict[str, str], pause: float = 0
    ) -> httpx2.Response:
        shown = self.http.get(page)
        assert shown.status_code == 200, shown.text
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', shown.text)
        fields = {}
        for tag in hidden:
            attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            fields[attributes.get("name", "")] = attributes.get("value", "")
        time.sleep(pause)
        return self.http.post(target, data={**fields, **form})
