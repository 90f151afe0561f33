from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import accounts

        accounts.record_sign_ins()
        if settings.REDIS_URL:
            _join_celery()


def _join_celery() -> None:
    """Let commits in this process wake a worker."""
    from agents import tasks
    from config import celery

    celery.app.set_default()
    tasks.wake_on_enqueue()
