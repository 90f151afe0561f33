"""What browsers load comes from here alone, and is what its README says it is."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
VENDORED = [p for p in (STATIC / "vendor").iterdir() if p.name != "README.md"]
OURS = [*TEMPLATES.rglob("*.html"), *STATIC.glob("js/*.js"), *STATIC.glob("css/*.css")]


@pytest.mark.parametrize("path", VENDORED, ids=lambda p: p.name)
def test_vendored_files_are_unchanged(path: Path) -> None:
    readme = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    digest = sha256(path.read_bytes()).hexdigest()
    assert re.search(rf"`{re.escape(path.name)}`.*`{digest}`", readme)


def test_icons_are_all_there_and_all_used() -> None:
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    asked = {
        name
        for page in TEMPLATES.rglob("*.html")
        for name in re.findall(
            r'{% icon "([^"]+)" %}', page.read_text(encoding="utf-8")
        )
    }
    assert asked == drawn


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_loaded_from_elsewhere_or_written_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(src|href|url\()\s*=?\s*[\"'(]?\s*(https?:)?//", text)
    if path.suffix == ".html":
        assert not re.search(
            r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", text
        )
        assert "hx-on" not in text
        assert "javascript:" not in text
    if path.suffix == ".js":
        assert not re.search(r"\beval\(|new Function", text)


def test_templates_mark_as_safe_only_what_render_made() -> None:
    found = [
        line.strip()
        for page in TEMPLATES.rglob("*.html")
        for line in page.read_text(encoding="utf-8").splitlines()
        if "|safe" in line or "autoescape" in line
    ]
    made = [re.findall(r"{{ (\S+)\|safe }}", line) for line in found]
    assert sorted(made) == [["block.escaped"], ["block.html"], ["block.rest"]]
