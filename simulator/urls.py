"""One origin for what are three of Tencent's, for a carriers' service, for the phone's own pages, and for the controls."""

from django.urls import path

from simulator.api import bill, cgi, control, kuaidi100, message, pay, refund, sns
from simulator.front import cashier, home, messages, phone

V3, PARTNER = "v3/pay/transactions", "v3/pay/partner/transactions"

urlpatterns = [
    # open.weixin.qq.com
    path("connect/oauth2/authorize", phone.authorize),
    path("connect/qrconnect", phone.qrconnect),
    # api.weixin.qq.com
    path("sns/oauth2/access_token", sns.access_token),
    path("sns/oauth2/refresh_token", sns.refresh_token),
    path("sns/userinfo", sns.userinfo),
    path("sns/auth", sns.auth),
    path("cgi-bin/token", cgi.token),
    path("cgi-bin/stable_token", cgi.stable_token),
    path("cgi-bin/ticket/getticket", cgi.ticket),
    path("cgi-bin/message/template/send", message.template_send),
    path("cgi-bin/message/template/subscribe", message.subscription_send),
    # mp.weixin.qq.com
    path("mp/subscribemsg", messages.subscribe),
    # api.mch.weixin.qq.com
    path(f"{V3}/jsapi", pay.jsapi),
    path(f"{V3}/native", pay.native),
    path(f"{V3}/h5", pay.h5),
    path(f"{V3}/id/<str:transaction_id>", pay.query_by_id),
    path(f"{V3}/out-trade-no/<str:out_trade_no>/close", pay.close),
    path(f"{V3}/out-trade-no/<str:out_trade_no>", pay.query_by_number),
    path(f"{PARTNER}/jsapi", pay.jsapi, {"partner": True}),
    path(f"{PARTNER}/native", pay.native, {"partner": True}),
    path(f"{PARTNER}/h5", pay.h5, {"partner": True}),
    path(f"{PARTNER}/id/<str:transaction_id>", pay.query_by_id, {"partner": True}),
    path(f"{PARTNER}/out-trade-no/<str:out_trade_no>/close", pay.close, {"partner": True}),
    path(f"{PARTNER}/out-trade-no/<str:out_trade_no>", pay.query_by_number, {"partner": True}),
    path("v3/refund/domestic/refunds", refund.refund),
    path("v3/refund/domestic/refunds/<str:out_refund_no>", refund.query),
    path("v3/bill/tradebill", bill.tradebill),
    path("v3/billdownload/file", bill.download),
    path("v3/certificates", pay.certificates),
    # poll.kuaidi100.com
    path("poll/query.do", kuaidi100.query),
    # the phone
    path("open/js/jweixin-1.6.0.js", phone.script, {"name": "jweixin.js"}),
    path("bridge.js", phone.script, {"name": "bridge.js"}),
    path("assets/<str:name>", phone.script),
    path("avatar/<str:key>.svg", phone.avatar),
    path("_phone/jssdk", phone.jssdk_check),
    path("_phone/bridge", cashier.bridge),
    path("_phone/cards", phone.card_send),
    path("cashier/<str:prepay_id>", cashier.cashier),
    path("_phone/messages", messages.messages),
    path("native/<str:code>", cashier.native),
    path("cgi-bin/mmpayweb-bin/checkmweb", cashier.h5),
    # the controls
    path("", home.home),
    path("_control/apps/<str:appid>", control.app),
    path("_control/merchants/<str:mchid>", control.merchant),
    path("_control/people", control.people),
    path("_control/crowd", control.crowd),
    path("_control/people/<str:key>/openid", control.openid),
    path("_control/people/<str:key>/follow", control.follow),
    path("_control/people/<str:key>/subscription", control.subscription),
    path("_control/messages", control.messages),
    path("_control/become", phone.become),
    path("_control/faults", control.faults),
    path("_control/faults/modes", control.fault_modes),
    path("_control/pay", control.pay),
    path("_control/clock", control.clock),
    path("_control/settings", control.settings),
    path("_control/notices/flush", control.notices_flush),
    path("_control/notices", control.notices),
    path("_control/books", control.books),
    path("_control/chats", control.chats),
    path("_control/reset", control.reset),
]
