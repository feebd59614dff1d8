"""What a group lacks, as the database counts it."""

from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce


def missing_people(to: str = "") -> CombinedExpression:
    """`Group.missing` of an undecided group, below zero when more than enough have paid. `to` leads
    to the group."""
    enough = Coalesce(F(f"{to}least"), F(f"{to}size"))
    return enough - F(f"{to}joined") - F(f"{to}confirmed")
