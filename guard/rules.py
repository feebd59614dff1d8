"""The rules: words and settings that WeChat or the law objects to, each with its source. Pure.

Sources: 《微信外部链接内容管理规范》 (Tencent, 2019-10-18 and later) on inducing to share, and 《广告法》
articles 9 and 28 on absolute and false claims.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guard.phrases import ABSOLUTE, FOLLOWING, FREE, SHARING

WECHAT = gettext_lazy("《微信外部链接内容管理规范》")
ADVERTISING = gettext_lazy("《广告法》第九条")
# So many people in one group are called for rather than found.
CROWD = 20
# A price like this is bait.
BAIT_FEN = 100


@dataclass(frozen=True)
class Finding:
    """Something to answer for: which rule, what was found, and what to do."""

    rule: str
    text: str


def wording(texts: Mapping[str, str]) -> list[Finding]:
    """What is wrong with what a campaign says. `texts` is {where: text}."""
    found = []
    for where, text in texts.items():
        for pattern, rule, advice in (
            (SHARING, WECHAT, _("外部链接里不能引导分享、集赞或助力，请改掉这句话")),
            (FOLLOWING, WECHAT, _("外部链接里不能用好处引导关注或加群，请改掉这句话")),
            (FREE, WECHAT, _("外部链接里不能用零元、白送吸引人点开，请写真实的价格")),
            (ABSOLUTE, ADVERTISING, _("广告里不能用绝对化的词，请换一个说法")),
        ):
            if match := pattern.search(text):
                said = _("%(where)s里的“%(words)s”：%(advice)s。") % {
                    "where": where,
                    "words": match[0],
                    "advice": advice,
                }
                found.append(Finding(str(rule), said))
    return found


def settings_of(
    *,
    people: int = 0,
    prices_fen: Iterable[int] = (),
    helps_in_wechat: bool = False,
    newcomers_only: bool = False,
) -> list[Finding]:
    """What is wrong with how a campaign works."""
    found = []
    if people > CROWD:
        said = _("要 %(people)d 个人才成：人数太多容易被认定为诱导分享，建议不超过 %(most)d 人。")
        found.append(Finding(str(WECHAT), said % {"people": people, "most": CROWD}))
    if any(fen < BAIT_FEN for fen in prices_fen):
        said = _("价格不到 1 元：容易被认定为以低价诱导分享，请确认真能卖、有货。")
        found.append(Finding(str(WECHAT), said))
    if newcomers_only:
        said = _("只有新朋友能参加（老带新）：容易被认定为以利益诱导拉新，请不要写成“邀请得……”。")
        found.append(Finding(str(WECHAT), said))
    if helps_in_wechat:
        said = _("在微信里开放帮砍：规范明确禁止，域名可能被封；不开放时微信里只展示现价和购买。")
        found.append(Finding(str(WECHAT), said))
    return found
