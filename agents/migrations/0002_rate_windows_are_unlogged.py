"""Rate windows are written at every call and worth nothing after a crash."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s';"
            "ALTER TABLE agents_ratewindow SET UNLOGGED;",
            "ALTER TABLE agents_ratewindow SET LOGGED;",
        )
    ]
