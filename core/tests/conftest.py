"""A row of every machine's model in any state, made without the services under test."""

import pytest
from django.apps import apps
from django.db import connection

# Instants that come after the others of their row.
LATER = ("ends", "take_until", "expires")
# Columns that a constraint ties together.
ADDS_UP = {
    "orders.Order": {"goods_fen": 1, "payable_fen": 1},
    "coupons.CouponTemplate": {"off_fen": 1, "valid_days": 1},
}


def _model_of(machine):
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name == machine.field and field.choices == machine.states.choices:
                return model
    raise LookupError(machine.name)


def _value(field, depth):
    """A plausible value for a column that must have one."""
    import datetime as dt

    from django.db import models

    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.DateField):
        offset = 1 if field.name.startswith(LATER) else 0
        at = dt.datetime(2030, 1, 1 + offset, tzinfo=dt.UTC)
        return at if isinstance(field, models.DateTimeField) else at.date()
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.IntegerField):
        return {"size": 2, "hours": 1}.get(field.name, 1)
    if isinstance(field, models.BooleanField):
        return False
    return f"{field.name[:6]}{depth}"


def make(model, depth=0, **given):
    """Insert a row of `model` with its required relations, constraints of state left off."""
    from django.db import models

    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.name in given:
            continue
        if isinstance(field, models.ForeignKey):
            if not field.null:
                known = field.related_model._base_manager.first()
                values[field.name] = known or make(field.related_model, depth + 1)
        elif not field.has_default() and not field.null and not field.blank:
            values[field.name] = _value(field, depth)
    values.update(ADDS_UP.get(model._meta.label, {}))
    return model._base_manager.create(**values, **given)


@pytest.fixture
def row_of(db):
    def build(machine, state):
        model = _model_of(machine)
        row = make(model)
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            # Constraints that tie a state to other columns are not what this test asks about.
            for constraint in model._meta.constraints:
                if "state" in str(constraint.deconstruct()):
                    cursor.execute(
                        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint.name}"
                    )
                    cursor.execute(f"DROP INDEX IF EXISTS {constraint.name}")
            cursor.execute(
                f"UPDATE {table} SET {machine.field} = %s WHERE id = %s", [state, row.pk]
            )
        row.refresh_from_db()
        return row

    return build
