"""Celery: workers and beat for the production shape. Wake-ups only, no truth.

``celery -A config.celery worker`` and ``celery -A config.celery beat``. Celery's own
Django fixup closes the database pool before each fork and in each child.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

EVERY, SEQUENCING = 2.0, 1.0
"""Seconds between two looks for what is due, and for entries that lack their leaf."""
CONNECT_PATIENCE, READ_PATIENCE = 1.0, 5.0
"""Seconds to wait for a broker; reading longer than a worker's own blocking read."""

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_publish_retry=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "socket_connect_timeout": CONNECT_PATIENCE,
        "socket_timeout": READ_PATIENCE,
        # For who sends; workers try again for as long as it takes.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    worker_hijack_root_logger=False,
    # A look that no worker took before the next one is superfluous.
    beat_schedule={
        name: {"task": task, "schedule": every, "options": {"expires": every}}
        for name, task, every in (
            ("deliver", "agents.tasks.deliver", EVERY),
            ("sequence", "audit.tasks.sequence", SEQUENCING),
            ("cosign", "audit.tasks.cosign", EVERY),
            ("sweep", "approvals.tasks.sweep", EVERY),
            ("backtest", "approvals.tasks.backtest", EVERY),
        )
    },
)
app.autodiscover_tasks()
