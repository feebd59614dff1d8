"""The rules: words and settings that WeChat or the law objects to, each with its source. Pure.

Sources: 《微信外部链接内容管理规范》 (Tencent, 2019-10-18 and later) on inducing to share, and 《广告法》
articles 9 and 28 on absolute and false claims.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WECHAT = gettext_lazy("《微信外部链接内容管理规范》")
ADVERTISING = gettext_lazy("《广告法》第九条")
# So many people in one group are called for rather than found.
CROWD = 20
# A price like this is bait.
BAIT_FEN = 100

_SHARING = re.compile(
    r"(分享|转发|邀请)[^，。！]{0,8}(得|领|送|解锁|可见|免费|红包|抽奖)|分享到朋友圈|转发朋友圈|集赞|不转不是|"
    r"扩散|互砍|帮我砍|拉人|裂变|(人|友|我)助力|助力[^，。！]{0,4}(得|领|送|砍|免费|解锁|成功)"
)
_FOLLOWING = re.compile(r"关注[^，。！]{0,6}(得|领|送|才能|可见|免费)|加群[^，。！]{0,6}(得|领|送)")
# A price of nothing, but not the tail of a longer number: 10元购 is a price.
_FREE = re.compile(
    r"(?<![\d.０-９．])[0０零〇]\s*元(购|抢|拿|领|得|秒|带)|(?<!十)一分钱(购|抢|买|秒)"
)
# 最佳食用期 says when to eat it, not that it is better than others.
_ABSOLUTE = re.compile(
    r"国家级|最高级|顶级|最佳(?!(食用|赏味|饮用|品尝|品鉴|使用|保存|储存|贮存|冲泡|烹饪|采摘|观赏|搭配))|"
    r"(全网|全国|全球|史上)最(低|便宜|好)|史上最|(世界|全球|全国|全网|全城|行业|销量)第一|"
    r"独一无二|绝无仅有|100%有效|根治"
)


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
            (_SHARING, WECHAT, _("外部链接里不能引导分享、集赞或助力，请改掉这句话")),
            (_FOLLOWING, WECHAT, _("外部链接里不能用好处引导关注或加群，请改掉这句话")),
            (_FREE, WECHAT, _("外部链接里不能用零元、白送吸引人点开，请写真实的价格")),
            (_ABSOLUTE, ADVERTISING, _("广告里不能用绝对化的词，请换一个说法")),
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
