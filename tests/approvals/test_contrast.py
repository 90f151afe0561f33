"""The colours of base.css can be told apart in both themes (WCAG 1.4.3, 1.4.11)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CSS = (ROOT / "static" / "css" / "base.css").read_text(encoding="utf-8")
HEX = r"(#[0-9a-f]{3}(?:[0-9a-f]{3})?)"
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        rf"--([\w-]+): light-dark\({HEX}, {HEX}\);", CSS
    )
}
TEXT, CONTROL = 4.5, 3.0

GROUNDS = ("bg", "panel", "selected", "sunken")
ON_GROUNDS = (
    "fg",
    "muted",
    "accent",
    "tier-1",
    "tier-2",
    "tier-3",
    "tier-4",
    "approve",
    "deny",
)
PAIRS = [
    *((ink, ground, TEXT) for ink in ON_GROUNDS for ground in GROUNDS),
    *(("control", ground, CONTROL) for ground in GROUNDS if ground != "sunken"),
    ("on-accent", "accent", TEXT),
    ("on-tier-4", "tier-4", TEXT),
    ("on-tier-4", "deny", TEXT),
    ("on-approve", "approve", TEXT),
    ("on-deny", "deny", TEXT),
    ("fg", "add", TEXT),
    ("fg", "del", TEXT),
    ("fg", "warn", TEXT),
    ("deny", "del", TEXT),
    ("tier-3", "warn", CONTROL),
]
"""What is drawn on what; the least contrast it needs."""
DECORATION = {"line"}
"""Hairlines: what they part is told apart without them. With ``prefers-contrast`` they
are drawn as strongly as controls."""


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, from 0 to 1."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_what_is_drawn_can_be_told_from_what_it_is_drawn_on(
    ink: str, ground: str, least: float, theme: str
) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= least


def test_every_colour_is_in_a_pair() -> None:
    judged = {name for ink, ground, _ in PAIRS for name in (ink, ground)}
    assert TOKENS.keys() == judged | DECORATION


def test_every_colour_of_the_tokens_was_read() -> None:
    assert len(TOKENS) == CSS.count("light-dark(")


def test_no_colour_is_the_same_in_both_themes() -> None:
    for path in (ROOT / "static" / "css").glob("*.css"):
        text = re.sub(r"light-dark\([^)]*\)", "", path.read_text(encoding="utf-8"))
        assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])", text), path.name
