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


@dataclass(frozen=True, kw_only=True)
class FlashCalledOff(Event):
    """A campaign was called off before it opened: whoever reserved a reminder waits in vain.

    `flash_id` is the campaign.
    """

    name: ClassVar[str] = "flash.called_off"
    flash_id: int
    store_id: int
