"""Hands that are too quick: nothing is decided on what nobody can have read."""

import random
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_deciding import armed

PRESSES = 200
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    for (const source of entry.sources)
      if (source.node?.parentElement?.closest?.("#decision .verbs, #decision h2"))
        window.shifted.push(source.node.outerHTML ?? source.node.data);
}).observe({ type: "layout-shift", buffered: true });
"""
# In the page itself and at once, so that no slow machine takes longer than the moment.
PRESS = """window.press = (kinds) => {
  window.dispatchEvent(new Event("focus"));
  const send = (key, repeat) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, repeat, bubbles: true, cancelable: true }));
  const verb = (name) => document.querySelector(`[data-verb="${name}"]`);
  for (const kind of kinds) {
    if (kind === "early") send("a", false);
    else if (kind === "double") { verb("approve").click(); verb("approve").click(); }
    else if (kind === "held") send("a", true);
    else if (kind === "mouse") verb("deny").click();
    else document.querySelector('[data-send="deny"]')?.click();
  }
  return document.querySelector(".verb.approve").getAttribute("aria-disabled");
};"""
# Between the swap and its end nothing else runs: without the page's own guard this
# press would count.
WHEN_IT_CHANGES = """() => document.addEventListener("htmx:after:swap", () => {
  document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true }));
  document.querySelector('[data-verb="approve"]').click();
  window.wasPressed = true;
}, { once: true })"""
KINDS = ("early", "double", "held", "mouse", "send")


def test_two_hundred_quick_presses_decide_nothing(
    page: Page, server: Server, window: Callable[..., BrowserContext]
) -> None:
    """Just after the page shows, and just after each change of it."""
    approval = server.submit_critical()
    votes: list[str] = []
    page.on(
        "request", lambda sent: votes.append(sent.url) if "/vote" in sent.url else 0
    )
    page.add_init_script(SHIFTS + PRESS)
    page.goto(f"/r/{approval['id']}")
    chance = random.Random(7)
    for _ in range(10):
        kinds = [chance.choice(KINDS) for _ in range(PRESSES // 10)]
        assert page.evaluate("press", kinds) == "true"
    page.wait_for_timeout(700)
    assert votes == []
    # The same while somebody else's vote changes the page.
    bobs = window("bob").new_page()
    bobs.goto(f"/r/{approval['id']}")
    armed(bobs)
    armed(page)
    shown = page.locator(".verbs").bounding_box()
    page.evaluate(WHEN_IT_CHANGES)
    bobs.keyboard.press("a")
    expect(page.locator("#decision .standing")).to_have_text("1 of 2 approvals")
    page.wait_for_function("window.wasPressed")
    page.wait_for_timeout(700)
    found = server.state(approval)
    assert (found["state"], found["votes"]["approvals"]) == ("pending", 1)
    assert votes == []
    # Nothing of where to press has moved, nor does it when it is over.
    assert page.locator(".verbs").bounding_box() == shown
    server.call(f"/requests/{approval['id']}/cancel", {})
    expect(page.locator(".verb.approve")).to_be_disabled()
    assert page.locator(".verbs").bounding_box() == shown
    assert page.evaluate("window.shifted") == []
