"""The queue stays true, and nothing in it moves under the cursor."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import open_queue


def test_nothing_moves_under_the_cursor_when_requests_arrive(
    page: Page, server: Server
) -> None:
    first = server.submit("email.send")
    open_queue(page)
    row = page.locator(f"#row-{first['id']} a.row")
    row.hover()
    before = row.bounding_box()
    risky = server.submit_critical()
    pill = page.locator("#pill")
    expect(pill).to_contain_text("1 new")
    server.submit_critical()
    expect(pill).to_contain_text("2 new")
    expect(page.locator("#waiting")).to_have_text("3 waiting")
    assert row.bounding_box() == before
    expect(page.locator(f"#row-{risky['id']}")).to_have_count(0)
    page.keyboard.press(".")
    expect(page.locator(f"#row-{risky['id']}")).to_be_visible()
    expect(pill).to_be_hidden()
    expect(page.locator("#rows > li")).to_have_count(2)
    expect(page.locator(f"#row-{risky['id']} .fold > summary")).to_have_text("×2 equal")
    assert page.evaluate("document.activeElement.matches('a.row')")


def test_the_selected_row_stays_selected_when_new_ones_are_loaded(
    page: Page, server: Server
) -> None:
    first = server.submit("email.send")
    open_queue(page)
    page.keyboard.press("j")
    server.submit_critical()
    expect(page.locator("#pill")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator("#rows > li")).to_have_count(2)
    expect(page.locator(f"#row-{first['id']} a.row")).to_be_focused()


def test_what_belongs_last_is_appended(page: Page, server: Server) -> None:
    critical = server.submit_critical()
    open_queue(page)
    before = page.locator(f"#row-{critical['id']}").bounding_box()
    last = server.submit("email.send")
    expect(page.locator("#rows > li").last).to_have_attribute("data-id", last["id"])
    assert page.locator(f"#row-{critical['id']}").bounding_box() == before
    expect(page.locator("#pill")).to_be_hidden()


def test_what_policy_decides_at_once_raises_no_pill(page: Page, server: Server) -> None:
    server.submit("email.send")
    open_queue(page)
    blocked = server.submit("Bash", arguments={"command": ":(){ :|:& };:"})
    assert blocked["state"] == "denied"
    server.submit_critical()
    expect(page.locator("#pill")).to_contain_text("1 new")


def test_a_cancelled_new_request_leaves_the_pill(page: Page, server: Server) -> None:
    server.submit("email.send")
    open_queue(page)
    risky = server.submit_critical()
    expect(page.locator("#pill")).to_be_visible()
    server.call(f"/requests/{risky['id']}/cancel", {})
    expect(page.locator("#pill")).to_be_hidden()
    expect(page.locator("#waiting")).to_have_text("1 waiting")


def test_the_number_is_true_where_it_was_read_later_than_the_rows(
    page: Page, server: Server
) -> None:
    server.submit("email.send")

    def count_one_more(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            return route.fallback()
        rows = route.fetch()
        body = rows.text().replace("1 waiting", "2 waiting")
        route.fulfill(response=rows, body=body)

    page.route(server.address + "/", count_one_more)
    open_queue(page)
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    risky = server.submit_critical()
    expect(page.locator("#pill")).to_be_visible()
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    server.call(f"/requests/{risky['id']}/cancel", {})
    expect(page.locator("#waiting")).to_have_text("1 waiting")


def test_keys_move_among_rows(page: Page, server: Server) -> None:
    ids = [server.submit(f"tool.{n}")["id"] for n in range(3)]
    open_queue(page)
    rows = [page.locator(f"#row-{i} a.row") for i in ids]
    for key, expected in [
        ("j", 0),
        ("j", 1),
        ("ArrowDown", 2),
        ("j", 2),
        ("k", 1),
        ("ArrowUp", 0),
        ("End", 2),
        ("Home", 0),
    ]:
        page.keyboard.press(key)
        expect(rows[expected]).to_be_focused()
    assert page.locator("#rows a.row[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/r/{ids[0]}")


def test_keys_go_to_pages_and_open_help(page: Page, server: Server) -> None:
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    for key, address in [("h", "/history"), ("a", "/audit/"), ("q", "/")]:
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf":\d+{address}$"))
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/audit/")
    page.keyboard.press("/")
    expect(page.locator("#subject")).to_be_focused()


def test_comes_back_after_the_line_was_cut_and_misses_nothing(
    page: Page, server: Server
) -> None:
    sockets = []

    def relay(socket):  # type: ignore[no-untyped-def]
        sockets.append(socket.connect_to_server() and socket)

    page.route_web_socket("**/ws/live", relay)
    approval = server.submit("email.send")
    open_queue(page)
    page.context.set_offline(True)
    sockets[-1].close(code=1012)
    expect(page.locator("#live")).to_have_text(re.compile("Reconnecting"))
    risky = server.submit_critical()
    server.call(f"/requests/{approval['id']}/cancel", {})
    page.context.set_offline(False)
    expect(page.locator("#live")).to_have_text(re.compile("Live"))
    expect(page.locator("#pill")).to_contain_text("1 new")
    expect(page.locator(f"#row-{approval['id']}")).to_have_attribute(
        "data-state", "cancelled"
    )
    page.keyboard.press(".")
    expect(page.locator(f"#row-{risky['id']}")).to_be_visible()


def test_a_gap_in_the_numbers_reads_the_list_anew(page: Page, server: Server) -> None:
    def lossy(socket):  # type: ignore[no-untyped-def]
        upstream = socket.connect_to_server()

        def forward(message: str) -> None:
            # Every change is lost; an empty frame with a later number remains.
            if '"id"' in message:
                socket.send('{"seq": 99, "now": "2026-01-01T00:00:00Z"}')
            else:
                socket.send(message)

        upstream.on_message(forward)

    page.route_web_socket("**/ws/live", lossy)
    open_queue(page)
    approval = server.submit("email.send")
    expect(page.locator(f"#row-{approval['id']}")).to_be_visible()


def test_the_theme_is_kept_in_the_browser(page: Page, server: Server) -> None:
    page.goto("/")
    button = page.locator("[data-theme-toggle]")
    for theme in ("light", "dark"):
        button.click()
        expect(button).to_have_attribute("aria-label", f"Theme: {theme}")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    button.click()
    assert page.evaluate("'theme' in document.documentElement.dataset") is False


def test_a_row_that_could_not_be_read_is_read_again(page: Page, server: Server) -> None:
    server.submit("email.send")
    open_queue(page)
    risky = server.submit_critical()
    expect(page.locator("#pill")).to_be_visible()
    row, failed = f"**/r/{risky['id']}/row", []

    def fail_once(route: Route) -> None:
        failed.append(route.request.url)
        route.abort()

    page.route(row, fail_once, times=1)
    server.call(f"/requests/{risky['id']}/cancel", {})
    expect(page.locator("#pill")).to_be_hidden()
    expect(page.locator("#waiting")).to_have_text("1 waiting")
    assert failed
