"""Counters of what was asked for lately, and what each request added to them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_decisions_that_hold")]
    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '5min';",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="WindowBucket",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "counter",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("counter", models.UUIDField()),
                ("bucket", models.BigIntegerField()),
                ("total", models.DecimalField(decimal_places=12, max_digits=52)),
                ("counts_until", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["counts_until"], name="window_bucket_age")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("total__gte", 0)),
                        name="window_total_is_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WindowValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "counter",
                        "value",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("counter", models.UUIDField()),
                ("value", models.UUIDField()),
                ("bucket", models.BigIntegerField()),
                ("uses", models.PositiveIntegerField()),
                ("counts_until", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["counts_until"], name="window_value_age")
                ],
            },
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="window_values",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="window_shares",
            field=models.JSONField(default=list),
        ),
    ]
