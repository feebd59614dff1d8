"""The one rule of what may be shown inside WeChat.

《微信外部链接内容管理规范》 bans prompts to share, rewards for sharing and help with bargains in pages
that WeChat opens. Under WECHAT_SHARE_POLICY=strict they are left out there, unless the store, or for
one campaign whoever published it, answers for the risk.
"""

from django.conf import settings

from guard.models import WechatRisk


def is_strict() -> bool:
    """Whether the platform leaves out what the policy bans."""
    return bool(settings.WECHAT_SHARE_POLICY == "strict")


def wechat_allows(*, store_id: int, in_wechat: bool, is_answered: bool = False) -> bool:
    """Whether a page of the store may show what the policy bans. `in_wechat`: WeChat opened it;
    `is_answered`: this one campaign was published with that risk. At most one query."""
    if not is_strict() or not in_wechat or is_answered:
        return True
    return WechatRisk.objects.filter(store_id=store_id).exists()
