"""What waits is listed and counted from two indexes alone, without its table."""

from django.db import migrations, models
from django.db.models import F, Q

from approvals.states import State

WAITS = Q(state=State["PENDING"])


class Migration(migrations.Migration):
    dependencies = [("approvals", "0012_what_people_prefer")]

    operations = [
        # Both hold only what waits, but are made by reading all there is.
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '300s';",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex("approvalrequest", "request_queue"),
        migrations.AddIndex(
            "approvalrequest",
            models.Index(
                F("tier_rank").desc(),
                "expires_at",
                "id",
                condition=WAITS,
                include=("agent", "digest", "policy", "tier", "key", "escalates_at"),
                name="request_queue",
            ),
        ),
        migrations.RemoveIndex("approvalrequest", "request_deadline"),
        migrations.AddIndex(
            "approvalrequest",
            models.Index(
                fields=["expires_at"],
                condition=WAITS,
                include=(
                    *("id", "policy", "tier", "agent", "key", "escalates_at"),
                    *("assigned_to", "claimed_by", "claimed_until"),
                ),
                name="request_deadline",
            ),
        ),
    ]
