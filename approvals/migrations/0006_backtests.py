"""Drafts that are tried on the past."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_policy_drafts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Backtest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=71)),
                ("origin", models.CharField(max_length=100)),
                ("days", models.PositiveSmallIntegerField(null=True)),
                ("first", models.UUIDField()),
                ("last", models.UUIDField()),
                ("total", models.PositiveIntegerField()),
                ("is_cut", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("result", models.JSONField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=["created_at"],
                        name="backtest_due",
                    ),
                    models.Index(fields=["created_at"], name="backtest_age"),
                    models.Index(fields=["owner", "-id"], name="backtest_by_owner"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=("owner",),
                        name="one_backtest_at_a_time_each",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at", None),
                                ("leased_until", None),
                                ("problem", ""),
                                ("result__isnull", True),
                                ("state", "queued"),
                            ),
                            models.Q(
                                ("finished_at", None),
                                ("leased_until__isnull", False),
                                ("problem", ""),
                                ("result__isnull", True),
                                ("state", "running"),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("leased_until", None),
                                ("problem", ""),
                                ("result__isnull", False),
                                ("state", "done"),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("leased_until", None),
                                ("result__isnull", True),
                                ("state", "failed"),
                                models.Q(("problem", ""), _negated=True),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("leased_until", None),
                                ("problem", ""),
                                ("result__isnull", True),
                                ("state", "stopped"),
                            ),
                            _connector="OR",
                        ),
                        name="backtest_is_as_its_state_says",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done__lte", models.F("total")), ("total__gte", 1)
                        ),
                        name="backtest_does_what_there_is",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^sha256:[0-9a-f]{64}$")),
                        name="backtest_digest_is_sha256",
                    ),
                ],
            },
        ),
    ]
