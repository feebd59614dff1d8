"""What a published full reduction takes off never changes; it can only end."""

from django.db import migrations

FIXED = "store_id, kind, cap_fen, scope, category_id, product_id"


def row(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in FIXED.split(", "))


FORWARDS = f"""
CREATE FUNCTION reductions_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.state = 'draft' OR ROW({row("NEW")}) IS DISTINCT FROM ROW({row("OLD")}))
    THEN
        RAISE EXCEPTION 'the terms of a published full reduction never change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reductions_terms_stay';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reductions_terms_stay BEFORE UPDATE ON reductions_reduction
    FOR EACH ROW EXECUTE FUNCTION reductions_terms_stay();

CREATE FUNCTION reductions_steps_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM reductions_reduction
        WHERE state <> 'draft' AND id = CASE TG_OP
            WHEN 'INSERT' THEN NEW.reduction_id ELSE OLD.reduction_id END
    ) THEN
        RAISE EXCEPTION 'the steps of a published full reduction never change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reductions_steps_stay';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reductions_steps_stay BEFORE INSERT OR UPDATE OR DELETE ON reductions_reductionstep
    FOR EACH ROW EXECUTE FUNCTION reductions_steps_stay();
"""
BACKWARDS = """
DROP TRIGGER reductions_steps_stay ON reductions_reductionstep;
DROP FUNCTION reductions_steps_stay();
DROP TRIGGER reductions_terms_stay ON reductions_reduction;
DROP FUNCTION reductions_terms_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("reductions", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
