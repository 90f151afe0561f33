"""How the tables of names in this package are written."""


def names(text: str) -> frozenset[str]:
    """The blank-separated names in ``text``: tables stay readable that way."""
    return frozenset(text.split())
