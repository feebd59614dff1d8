"""History cannot be rewritten: the database itself refuses to change or delete a movement or a price.

The one change let through is forgetting who did it, when that person's account is closed.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION catalog_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.by_id IS NULL AND OLD.by_id IS NOT NULL
        AND (to_jsonb(NEW) - 'by_id') = (to_jsonb(OLD) - 'by_id') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER catalog_stockmovement_append_only BEFORE UPDATE OR DELETE ON catalog_stockmovement
    FOR EACH ROW EXECUTE FUNCTION catalog_append_only();
CREATE TRIGGER catalog_pricechange_append_only BEFORE UPDATE OR DELETE ON catalog_pricechange
    FOR EACH ROW EXECUTE FUNCTION catalog_append_only();
"""

REVERSE = """
DROP TRIGGER catalog_stockmovement_append_only ON catalog_stockmovement;
DROP TRIGGER catalog_pricechange_append_only ON catalog_pricechange;
DROP FUNCTION catalog_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, REVERSE)]
