"""How often what is left to chance is tried."""

import os

SHARE = 10
"""``make test`` tries one in so many; ``make bench ARGS=races`` tries all."""


def rounds(all_of_them: int) -> int:
    """So many with ROUNDS=all in the environment, else a SHARE of them."""
    return all_of_them if os.environ.get("ROUNDS") == "all" else all_of_them // SHARE
