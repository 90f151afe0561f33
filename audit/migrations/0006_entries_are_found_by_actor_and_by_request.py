"""What somebody did, and what names a request, is found by an index."""

import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_witnesses")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '5min';",
            migrations.RunSQL.noop,
        ),
        # Both columns in one direction, so that audit.search can bound them as a row.
        migrations.RemoveIndex(model_name="entry", name="entry_by_action"),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["action", "id"], name="entry_by_action"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["actor_name", "action", "id"], name="entry_by_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                django.db.models.fields.json.KT("data__request"),
                condition=models.Q(("data__has_key", "request")),
                name="entry_naming_request",
            ),
        ),
    ]
