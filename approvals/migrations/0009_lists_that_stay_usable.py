"""Views that people save, and indexes for long lists and searches in the history."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, OrderBy, Q

from approvals.states import State

WAITS = Q(state=State["PENDING"])
DECIDED = ~WAITS


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0008_requests_can_be_erased"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Two indexes are made of all that was decided: seconds for a million requests.
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '300s';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "where",
                    models.CharField(
                        choices=[("queue", "Queue"), ("history", "History")],
                        max_length=7,
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "where", "name"),
                        name="saved_views_have_their_names",
                    ),
                    models.CheckConstraint(
                        condition=Q(where__in=("queue", "history")),
                        name="saved_view_is_of_a_list",
                    ),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="approvalrequest", name="request_queue"),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                OrderBy(F("tier_rank"), descending=True),
                F("expires_at"),
                F("id"),
                condition=WAITS,
                include=("agent", "digest"),
                name="request_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=WAITS, fields=["digest"], name="request_equal"
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                F("agent"),
                OrderBy(F("decided_at"), descending=True),
                OrderBy(F("id"), descending=True),
                condition=DECIDED,
                name="request_history_of_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                F("action"),
                OrderBy(F("decided_at"), descending=True),
                OrderBy(F("id"), descending=True),
                condition=DECIDED,
                name="request_history_of_action",
            ),
        ),
    ]
