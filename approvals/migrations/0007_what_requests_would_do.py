"""What an action would do, beside what was found in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_backtests")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="impact",
            field=models.JSONField(default=dict),
        ),
    ]
