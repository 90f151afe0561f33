"""Every entry waits for its leaf; what is proven is final; payloads go as a whole."""

from django.db import migrations

FORWARD = """
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '300s';

-- The database does it, so that no way of writing an entry can forget it.
CREATE FUNCTION audit_await_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pending (entry_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER entry_awaits_leaf AFTER INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_await_leaf();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER entry_awaits_leaf;
INSERT INTO audit_pending (entry_id) SELECT id FROM audit_entry ORDER BY id;

CREATE TRIGGER leaf_is_final BEFORE UPDATE OR DELETE ON audit_leaf
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER leaf_is_kept BEFORE TRUNCATE ON audit_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER tile_is_final BEFORE UPDATE OR DELETE ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER tile_is_kept BEFORE TRUNCATE ON audit_tile
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER checkpoint_is_kept BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER cosignature_is_final BEFORE UPDATE OR DELETE ON audit_cosignature
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER cosignature_is_kept BEFORE TRUNCATE ON audit_cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER leaf_is_final;
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER leaf_is_kept;
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER tile_is_final;
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER tile_is_kept;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_final;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_kept;
ALTER TABLE audit_cosignature ENABLE ALWAYS TRIGGER cosignature_is_final;
ALTER TABLE audit_cosignature ENABLE ALWAYS TRIGGER cosignature_is_kept;

-- Payloads and keys are removed by audit_erase() alone, which knows of legal holds.
CREATE FUNCTION audit_refuse_unless_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('audit.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is kept until it is erased: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER payload_is_kept BEFORE UPDATE OR DELETE ON audit_payload
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_erasing();
CREATE TRIGGER payload_is_not_emptied BEFORE TRUNCATE ON audit_payload
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER key_is_kept BEFORE UPDATE OR DELETE ON audit_subjectkey
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_erasing();
CREATE TRIGGER key_is_not_emptied BEFORE TRUNCATE ON audit_subjectkey
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER payload_is_kept;
ALTER TABLE audit_payload ENABLE ALWAYS TRIGGER payload_is_not_emptied;
ALTER TABLE audit_subjectkey ENABLE ALWAYS TRIGGER key_is_kept;
ALTER TABLE audit_subjectkey ENABLE ALWAYS TRIGGER key_is_not_emptied;

-- Runs with the rights of who owns the tables: the application has none to delete.
-- Its only rule, that nothing under a legal hold is erased, is one that has to hold
-- also when the application is wrong; the newest of the entries says whether.
CREATE FUNCTION audit_erase(of_type text, of_id text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    newest text;
    erased bigint;
BEGIN
    SELECT action INTO newest FROM audit_entry
        WHERE subject_type = of_type AND subject_id = of_id
        AND action IN ('hold:placed', 'hold:lifted')
        ORDER BY id DESC LIMIT 1;
    IF newest = 'hold:placed' THEN
        RAISE EXCEPTION '% % is under a legal hold', of_type, of_id
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('audit.erasing', 'on', true);
    DELETE FROM audit_subjectkey WHERE subject_type = of_type AND subject_id = of_id;
    DELETE FROM audit_payload WHERE subject_type = of_type AND subject_id = of_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('audit.erasing', 'off', true);
    RETURN erased;
END
$$;
-- Whoever could put a table of the same name before ours would be asked instead.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION audit_erase(text, text) SET search_path = %I, pg_temp',
        current_schema()
    );
END $$;
"""
BACKWARD = """
DROP FUNCTION audit_erase(text, text);
DROP TRIGGER entry_awaits_leaf ON audit_entry;
DROP FUNCTION audit_await_leaf();
DROP FUNCTION audit_refuse_unless_erasing() CASCADE;
DROP TRIGGER leaf_is_final ON audit_leaf;
DROP TRIGGER leaf_is_kept ON audit_leaf;
DROP TRIGGER tile_is_final ON audit_tile;
DROP TRIGGER tile_is_kept ON audit_tile;
DROP TRIGGER checkpoint_is_final ON audit_checkpoint;
DROP TRIGGER checkpoint_is_kept ON audit_checkpoint;
DROP TRIGGER cosignature_is_final ON audit_cosignature;
DROP TRIGGER cosignature_is_kept ON audit_cosignature;
DROP TRIGGER payload_is_not_emptied ON audit_payload;
DROP TRIGGER key_is_not_emptied ON audit_subjectkey;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_tree_and_payloads")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
