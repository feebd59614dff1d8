"""What every template may know about WeChat."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from wechat.queries import inside_wechat


def wechat(request: HttpRequest) -> dict[str, object]:
    """`inside_wechat` for private pages and fragments (a public page is the same for everyone),
    and the scripts of the JS-SDK and of the simulator's bridge (empty in production)."""
    return {
        "inside_wechat": SimpleLazyObject(lambda: inside_wechat(request)),
        "wechat_jssdk_url": settings.WECHAT_JSSDK_URL,
        "wechat_bridge_url": settings.WECHAT_BRIDGE_URL,
    }
