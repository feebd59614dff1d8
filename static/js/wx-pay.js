// Opens WeChat's cashier. What it answers is a hint: the server asks WeChat Pay itself.
(() => {
  "use strict";

  const bridge = () =>
    new Promise((done) => {
      if (window.WeixinJSBridge) done(window.WeixinJSBridge);
      else document.addEventListener("WeixinJSBridgeReady", () => done(window.WeixinJSBridge), { once: true });
    });

  const show = (box, which) => {
    box.querySelector(".hint").hidden = true;
    for (const name of ["cancelled", "failed"]) {
      box.querySelector(`[data-wx-${name}]`).hidden = name !== which;
    }
  };

  const pay = async (box) => {
    if (box.dataset.opened) return;
    box.dataset.opened = "1";
    const wechat = await bridge();
    wechat.invoke("getBrandWCPayRequest", JSON.parse(box.dataset.bridge), (answer) => {
      const said = String(answer.err_msg || "");
      if (said.endsWith(":ok")) location.assign(box.dataset.okUrl);
      else show(box, said.endsWith(":cancel") ? "cancelled" : "failed");
    });
  };

  // A phone's browser leaves for WeChat at once; coming back says nothing about the money.
  const leave = (link) => {
    if (link.dataset.opened) return;
    link.dataset.opened = "1";
    link.click();
  };

  const dress = () => {
    document.querySelectorAll("[data-wx-pay]").forEach(pay);
    document.querySelectorAll("[data-h5-pay]").forEach(leave);
  };
  dress();
  document.addEventListener("htmx:afterSettle", dress);
})();
