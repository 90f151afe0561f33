"""Pages on which nothing is yet pass axe, too.

They take a server of their own: a new one, to which nothing has happened.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Server
from tests.browser.test_accessibility import assert_usable
from tests.browser.tiers import announced
from tests.serving import Serving, data_folder

EMPTY = {
    "/": "Nothing waits for you",
    "/history": "Nothing was decided yet",
    "/hidden": "Nothing is hidden",
    "/grants": "No grant is in force",
    "/reconciliation": "Everything fits",
    "/agents/-/deliveries/": "No deliveries",
}


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    with data_folder() as data_dir, Serving(data_dir) as serving:
        yield announced(serving)


@pytest.mark.usefixtures("running_server")
def test_pages_without_anything_on_them_pass_axe(
    window: Callable[..., BrowserContext],
) -> None:
    page = window("admin").new_page()
    for address, words in EMPTY.items():
        page.goto(address)
        expect(page.locator("main")).to_contain_text(words)
        assert_usable(page, address)
