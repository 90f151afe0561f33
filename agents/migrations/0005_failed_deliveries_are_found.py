"""Deliveries that failed are found without those that arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0004_who_made_the_secret")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '5min';",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "dead")),
                fields=["-id"],
                name="delivery_failed",
            ),
        ),
    ]
