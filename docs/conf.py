"""How Sphinx builds the documentation (``make docs``)."""

import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]

project = "Countersign"
release = version = _PROJECT["version"]
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
# Deep enough for links to any heading, as they work on the repository's pages.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_show_copyright = False
html_copy_source = False
