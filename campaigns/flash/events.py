"""The facts of flash sales."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import Event


@dataclass(frozen=True, kw_only=True)
class FlashSlotOpening(Event):
    """A published campaign opens in a few minutes: whoever asked to be reminded is told. Once.

    `flash_id` is the campaign.
    """

    name: ClassVar[str] = "flash.slot_opening"
    flash_id: int
    store_id: int
