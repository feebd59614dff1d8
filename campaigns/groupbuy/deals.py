"""What a campaign promises about its end, in data and in plain words: the same on every page."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.groupbuy.models import GroupCampaign, GroupTier
from core.money import yuan


@dataclass(frozen=True)
class Tier:
    """With so many people every piece costs so much less, in fen."""

    people: int
    off_fen: int


@dataclass(frozen=True)
class Deal:
    """How a group of the campaign ends. `least` people are enough at the deadline; None: all."""

    size: int
    hours: int
    least: int | None = None
    tiers: tuple[Tier, ...] = ()
    newcomers_only: bool = False

    def off_fen(self, people: int) -> int:
        """What every piece costs less when so many are in."""
        return max((tier.off_fen for tier in self.tiers if people >= tier.people), default=0)

    def wanted(self, *, missing: int, left: int) -> str:
        """Whom an open group waits for: `missing` people until it succeeds, where `left` may join."""
        said = {"missing": missing, "left": left}
        if not missing:
            return _("人数已够，到时成团，还有 %(left)d 个名额") % said
        if self.tiers:
            cheaper = {**said, "people": self.tiers[0].people}
            return _("还差 %(missing)d 人成团，满 %(people)d 人更便宜") % cheaper
        if self.least is None and left < missing:
            paying = {**said, "paying": missing - left}
            return _("还差 %(missing)d 人成团，其中 %(paying)d 人正在付款") % paying
        if left > missing:
            return _("还差 %(missing)d 人成团，还有 %(left)d 个名额") % said
        return _("还差 %(missing)d 人成团") % said

    @property
    def ending(self) -> str:
        """What happens when the time is up and seats are left."""
        if self.least is None:
            return _("到时人不齐，全额自动退回。")
        if self.tiers:
            return _(
                "到时满 %(least)d 人就成团，按达到的人数算价，差价自动退回；不满则全额退回。"
            ) % {"least": self.least}
        return _("到时满 %(least)d 人就成团，价格不变；不满则全额自动退回。") % {
            "least": self.least
        }

    @property
    def steps(self) -> tuple[str, ...]:
        """The ladder, a sentence for each step."""
        return tuple(
            _("满 %(people)d 人：每件再减 %(off)s 元，先付的差价成团后自动原路退回。")
            % {"people": tier.people, "off": yuan(tier.off_fen)}
            for tier in self.tiers
        )


def deal_of(campaign: GroupCampaign, *, size: int | None = None) -> Deal:
    """The campaign's promise; one query for a ladder, none otherwise. A group has its own `size`."""
    return Deal(
        size=size or campaign.size,
        hours=campaign.hours,
        least=campaign.least_people,
        tiers=tiers_of(campaign.pk) if campaign.has_ladder else (),
        newcomers_only=campaign.newcomers_only,
    )


def tiers_of(campaign_id: int) -> tuple[Tier, ...]:
    """The campaign's steps, the lowest first."""
    rows = GroupTier.objects.filter(campaign_id=campaign_id).order_by("people")
    return tuple(Tier(*values) for values in rows.values_list("people", "off_fen"))
