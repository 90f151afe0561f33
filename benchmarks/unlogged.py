"""``python -m benchmarks.unlogged serve …``: the product with a log that keeps nothing.

Only to measure what the log costs. No such switch is in the product itself.
"""

import os
from collections.abc import Mapping
from typing import Any

import django


def forget(
    action: Any,
    *,
    actor: Any,
    subject: tuple[str, str],
    data: Mapping[str, Any] | None = None,
    is_new: bool = False,
) -> None:
    """In place of ``audit.log.record``, with the same parameters."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import manage
    from audit import log

    # Its code, not its name: others have imported it by name already.
    log.record.__code__ = forget.__code__
    manage.main()


if __name__ == "__main__":
    main()
