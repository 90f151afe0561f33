"""A published policy version is immutable, and every version is kept."""

from django.db import migrations

FORWARD = """
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '30s';

CREATE TRIGGER policy_is_final BEFORE UPDATE OR DELETE ON approvals_policy
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER policy_is_kept BEFORE TRUNCATE ON approvals_policy
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE approvals_policy ENABLE ALWAYS TRIGGER policy_is_final;
ALTER TABLE approvals_policy ENABLE ALWAYS TRIGGER policy_is_kept;
"""
BACKWARD = """
DROP TRIGGER policy_is_kept ON approvals_policy;
DROP TRIGGER policy_is_final ON approvals_policy;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
        ("audit", "0002_entries_cannot_change"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
