"""500: what failed is named, so that the log can be searched for it."""

import logging
import re

import pytest
from django.test import Client
from django.urls import path
from pytest_django.fixtures import Settings


def _fail(request: object) -> None:
    raise RuntimeError("nobody expected this")


handler500 = "config.failures.server_error"
urlpatterns = [path("fails", _fail)]


def test_a_failure_has_an_id_on_the_page_in_a_header_and_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ROOT_URLCONF = __name__
    with caplog.at_level(logging.ERROR):
        answer = Client(raise_request_exception=False).get("/fails")
    assert answer.status_code == 500
    failure = answer["X-Request-ID"]
    assert re.search(rf'<code id="failure-id">{failure}</code>', answer.text)
    assert "Nothing is ever half decided" in answer.text
    assert f"failure {failure}: GET '/fails'" in caplog.text
    assert "nobody expected this" not in answer.text
