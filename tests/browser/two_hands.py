"""Two ways to do the same thing: with the mouse, and with the keyboard alone.

A path is told once, in steps that both can take. The keyboard's way never focuses,
fills or clicks anything: it presses the documented key of a step, or Tab until the
thing has the focus, which shows that it can be reached, and sees where it is.
"""

from playwright.sync_api import Locator, Page, expect

FARTHEST = 120
"""Presses of Tab after which something counts as out of reach."""

HAS_FOCUS = "element => element === document.activeElement"
IS_SEEN = """element => {
  const look = getComputedStyle(element);
  const [box] = element.getClientRects();
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, innerHeight) / 2];
  const top = document.elementFromPoint(x, y);
  return {
    ring: element.matches(":focus-visible") && look.outlineStyle !== "none"
      && parseFloat(look.outlineWidth) >= 1,
    uncovered: element.contains(top) || Boolean(top?.contains(element)),
  };
}"""
"""Whether somebody can see that it has the focus, and the thing itself."""


class Hand:
    """What both have; ``go`` and the acts are theirs."""

    name = ""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, key: str, address: str) -> None:
        """To one of the pages of the top bar, by the second key of ``g`` and it."""
        raise NotImplementedError

    def press(self, what: Locator, *keys: str) -> None:
        """Press a link, a button or a summary; ``keys``: the documented ones for it."""
        raise NotImplementedError

    def write(self, field: Locator, text: str, *keys: str) -> None:
        """Put ``text`` into a field instead of what it holds."""
        raise NotImplementedError

    def choose(self, field: Locator, option: str) -> None:
        """One option of a list, by how its words begin."""
        raise NotImplementedError

    def tick(self, radio: Locator) -> None:
        """One of the choices of a group."""
        raise NotImplementedError


class Mouse(Hand):
    """Points and clicks; types only into fields.

    The list of a ``select`` is drawn by the system, out of Playwright's reach: there
    the choice is made without opening it.
    """

    name = "mouse"

    def go(self, key: str, address: str) -> None:
        link = self.page.locator(f"[data-go={key}]")
        menu = self.page.locator(f"details:has([data-go={key}]) > summary")
        if menu.count():
            menu.click()
        link.click()
        self.page.wait_for_url(f"**{address}")

    def press(self, what: Locator, *keys: str) -> None:
        what.click()

    def write(self, field: Locator, text: str, *keys: str) -> None:
        field.click()
        expect(field).to_be_focused()
        field.fill("")
        self.page.keyboard.insert_text(text)

    def choose(self, field: Locator, option: str) -> None:
        field.hover()
        words = field.locator("option").all_inner_texts()
        field.select_option(
            label=next(one.strip() for one in words if one.strip().startswith(option))
        )

    def tick(self, radio: Locator) -> None:
        radio.click()


class Keyboard(Hand):
    """Nothing but keys, from the moment the page is there."""

    name = "keyboard"

    def go(self, key: str, address: str) -> None:
        self.page.keyboard.press("g")
        self.page.keyboard.press(key)
        self.page.wait_for_url(f"**{address}")

    def press(self, what: Locator, *keys: str) -> None:
        # The keys of a page work once it has loaded.
        self.page.wait_for_load_state()
        if not keys:
            self.reach(what)
        for key in keys or ("Enter",):
            self.page.keyboard.press(key)

    def write(self, field: Locator, text: str, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        if keys:
            expect(field).to_be_focused()
        self.reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, field: Locator, option: str) -> None:
        self.reach(field)
        self.page.keyboard.type(option)
        chosen = field.locator("option:checked").inner_text().strip()
        assert chosen.startswith(option), chosen

    def tick(self, radio: Locator) -> None:
        """Tab comes to one of a group; the arrows go on."""
        group = f"input[type=radio][name={radio.get_attribute('name')}]"
        self.reach(self.page.locator(f"{group}:focus, {group}").first, group)
        for _ in range(self.page.locator(group).count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        assert radio.is_checked()

    def reach(self, what: Locator, like: str = "") -> None:
        """Press Tab until it, or what is ``like`` it, has the focus, visibly."""
        expect(what).to_be_visible()
        here = self.page.locator(f"{like}:focus") if like else what
        for _ in range(FARTHEST):
            if here.count() and here.first.evaluate(HAS_FOCUS):
                break
            self.page.keyboard.press(self._onward(what))
        else:
            raise AssertionError(f"Tab does not come to {what}")
        seen = here.first.evaluate(IS_SEEN)
        assert seen == {"ring": True, "uncovered": True}, (seen, what)

    def _onward(self, what: Locator) -> str:
        """Past the top bar by its skip link, as somebody would; otherwise by Tab."""
        skips = self.page.evaluate("document.activeElement.matches('a.skip')")
        inside = what.evaluate("element => Boolean(element.closest('main'))")
        return "Enter" if skips and inside else "Tab"
