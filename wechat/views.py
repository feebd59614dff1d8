"""The one address of WeChat's that the browser asks."""

import logging

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wechat.services import ForeignUrl, WechatTrouble, jssdk_config

log = logging.getLogger(__name__)


@require_GET
@never_cache
def jssdk(request: HttpRequest) -> JsonResponse:
    """GET ?url=: what `wx.config` needs on that page of ours; 400 for any other page."""
    try:
        return JsonResponse(jssdk_config(request.GET.get("url", "")[:2000]))
    except ForeignUrl:
        return JsonResponse({"error": _("只能为本站页面签名。")}, status=400)
    except WechatTrouble:
        log.warning("no JS-SDK signature", exc_info=True)
        return JsonResponse({"error": _("微信暂时没有响应，请稍后再试。")}, status=503)
