"""Who has a request on their screen; what people decided about its like."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import approvals.states


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_who_made_the_secret"),
        ("approvals", "0010_lots_and_snoozes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            # Two indexes over what people ever decided: minutes, at ten million.
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10min';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("socket", models.UUIDField(primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
                (
                    "approval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="looks",
                        to="approvals.approvalrequest",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=models.Q(
                    ("decision_source", approvals.states.Source["REVIEWER"])
                ),
                fields=["action", "environment", "agent", "-id"],
                name="request_alike",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=models.Q(
                    ("decision_source", approvals.states.Source["REVIEWER"])
                ),
                fields=["action", "-id"],
                name="request_same_action",
            ),
        ),
    ]
