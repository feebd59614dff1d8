"""Addresses of bargains."""

from django.urls import path

from campaigns.bargain.views import bargain, checkout, launch

app_name = "bargain"
urlpatterns = [
    path("bargains/", launch.bargains, name="list"),
    path("bargains/<slug:campaign>/", launch.launch, name="launch"),
    path("b/<slug:public_id>/", bargain.bargain, name="bargain"),
    path("b/<slug:public_id>/mine/", bargain.mine, name="mine"),
    path("b/<slug:public_id>/help/", bargain.help_, name="help"),
    path("b/<slug:public_id>/show/", bargain.show, name="show"),
    path("b/<slug:public_id>/buy/", checkout.BuyView.as_view(), name="buy"),
    path("b/<slug:public_id>/verify/", bargain.verify, name="verify"),
]
