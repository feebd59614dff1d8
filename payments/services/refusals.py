"""Why a refund is stuck, a bill does not come or nobody can pay, in words that a merchant acts on."""

from django.utils.translation import gettext as _

from payments.bills import BillUnreadable
from payments.gateway.base import GatewayError


def refusal_text(code: str, message: str = "") -> str:
    """A Chinese explanation of the provider's code; an unknown code is shown as it came."""
    known = {
        "NOT_ENOUGH": _("商户号可用余额不足，请充值后点“重试”。"),
        "USER_ACCOUNT_ABNORMAL": _("买家的微信账户异常或已注销，请联系买家另行退款。"),
        "NO_AUTH": _("商户号没有退款权限，请在微信支付商户平台开通后重试。"),
        "REQUEST_BLOCKED": _("微信支付拦截了这笔退款，请在商户平台查看原因。"),
        "INVALID_REQUEST": _("微信支付不接受这笔退款，可能已在商户平台退过，请核对。"),
        "PARAM_ERROR": _("微信支付认为退款信息有误，请联系平台客服。"),
        "RESOURCE_NOT_EXISTS": _("微信支付找不到这笔付款，请核对商户号。"),
        "MCH_NOT_EXISTS": _("微信支付不认识这个商户号，请核对商户号设置。"),
        "ABNORMAL": _("退款异常：退款账户收不了款，请在微信支付商户平台处理后点“重试”。"),
        "CLOSED": _("微信支付关闭了这笔退款，请在商户平台核对后点“重试”。"),
        "TOO_OLD": _("付款已超过一年，微信支付不再受理退款，请联系买家另行退款。"),
        "TOO_MANY": _("这笔付款已退款 50 次，微信支付不再受理，请联系买家另行退款。"),
    }
    return known.get(code) or _any_call(code, message)


def prepare_refusal_text(error: GatewayError) -> str:
    """A Chinese explanation of why the account takes no payment."""
    known = {
        "NO_AUTH": _("商户号没有开通这种支付方式，请在微信支付商户平台开通。"),
        "APPID_MCHID_NOT_MATCH": _("AppID 和商户号没有绑定，请在微信支付商户平台绑定。"),
        "MCH_NOT_EXISTS": _("微信支付不认识这个商户号，请核对商户号设置。"),
        "ACCOUNT_ERROR": _("商户号状态异常，请在微信支付商户平台查看。"),
        GatewayError.SILENT: _("微信支付没有响应。"),
        GatewayError.UNVERIFIED: _("微信支付的回答验不过签，请核对微信支付公钥和公钥ID。"),
    }
    return known.get(error.code) or _any_call(error.code, error.message)


def bill_refusal_text(error: GatewayError | BillUnreadable) -> str:
    """A Chinese explanation of why a day's bill did not come."""
    if isinstance(error, BillUnreadable):
        return _("账单内容有误，没有采用：%(what)s") % {"what": error}
    known = {
        GatewayError.BILL_DAMAGED: _("账单文件不完整：校验值不符，没有采用。"),
        GatewayError.BILL_LATE: _(
            "微信支付说这一天没有账单，但店里这一天有收款或退款。账单可能还没有生成，系统每小时再取一次。"
        ),
        "NO_AUTH": _("商户号没有下载账单的权限，请在微信支付商户平台开通。"),
    }
    return known.get(error.code) or _any_call(error.code, error.message)


def _any_call(code: str, message: str) -> str:
    known = {
        "SIGN_ERROR": _("微信支付不认可签名，请核对商户私钥和证书序列号。"),
        "BAD_KEYS": _("商户号的密钥无法读取，请重新填写。"),
        "SILENT": _("微信支付没有响应，系统会自动重试。"),
        "BUSY": _("同时进行的请求太多，系统会自动重试。"),
    }
    if code in known:
        return known[code]
    return _("微信支付返回：%(code)s %(message)s") % {"code": code, "message": message}
