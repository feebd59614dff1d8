"""Triggers for what never changes once it is published. Used by migrations: what these functions make
must stay as it is."""

from collections.abc import Sequence

from django.db import migrations


def terms_stay(*, table: str, columns: Sequence[str], name: str, what: str) -> migrations.RunSQL:
    """A row that is no draft keeps these columns, and never becomes a draft again. `name` is the
    trigger's and the constraint that its refusal names, `what` is in its message."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    forwards = f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state <> 'draft'
                AND (NEW.state = 'draft' OR ROW({new}) IS DISTINCT FROM ROW({old}))
            THEN
                RAISE EXCEPTION 'the terms of a published {what} never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
    """
    return migrations.RunSQL(forwards, _backwards(table, name))


def rows_stay(
    *, table: str, parent: str, key: str, columns: Sequence[str], name: str, what: str
) -> migrations.RunSQL:
    """Rows whose parent, by `key`, is no draft are neither added nor taken away, and keep these
    columns."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    forwards = f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF ROW({new}) IS NOT DISTINCT FROM ROW({old}) THEN
                    RETURN NEW;
                END IF;
            END IF;
            IF EXISTS (
                SELECT 1 FROM {parent} WHERE state <> 'draft' AND id = CASE TG_OP
                    WHEN 'INSERT' THEN NEW.{key} ELSE OLD.{key} END
            ) THEN
                RAISE EXCEPTION 'the terms of a published {what} never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}();
    """
    return migrations.RunSQL(forwards, _backwards(table, name))


def _backwards(table: str, name: str) -> str:
    return f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"
