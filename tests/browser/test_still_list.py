"""A hundred requests arrive while the cursor rests: nothing on the page moves."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import open_queue

ARRIVING = 100
WATCH = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
            if (!entry.hadRecentInput) window.shifts.push([entry.value,
                entry.sources.map((s) => s.node?.outerHTML ?? s.node?.textContent)]);
    }).observe({ type: "layout-shift", buffered: false });
}"""
UNDER = "([x, y]) => document.elementFromPoint(x, y).closest('#rows > li').id"


def submit(server: Server, number: int) -> str:
    """Of every tier in turn, and none like another."""
    if number % 3 == 0:
        return str(server.submit(f"calendar.update_{number}")["id"])
    sql = f"{'DROP TABLE' if number % 3 == 1 else 'DELETE FROM'} t{number}"
    return str(server.submit("sql.execute", arguments={"sql": sql})["id"])


def test_the_row_under_the_cursor_stays_while_a_hundred_arrive(
    page: Page, server: Server
) -> None:
    shown = [submit(server, number) for number in range(6)]
    open_queue(page)
    expect(page.locator("#rows > li")).to_have_count(len(shown))
    page.keyboard.press("j")
    page.keyboard.press("j")
    resting = page.locator("#rows > li").nth(3).locator("a.row")
    resting.hover()
    box = resting.bounding_box()
    assert box is not None
    point = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    under = page.evaluate(UNDER, point)
    selected = page.evaluate("document.activeElement.closest('li').id")
    page.wait_for_timeout(600)  # What follows a key within 500 ms is its doing.
    page.evaluate(WATCH)
    for number in range(ARRIVING):
        submit(server, 100 + number)
    expect(page.locator("#waiting")).to_have_text(f"{len(shown) + ARRIVING} waiting")
    page.wait_for_timeout(700)
    assert page.evaluate(UNDER, point) == under
    assert page.evaluate("document.activeElement.closest('li').id") == selected
    assert resting.bounding_box() == box
    shifts = page.evaluate("window.shifts")
    assert not shifts, shifts
