// WeixinJSBridge as WeChat's web view has it. The page's CSP forbids inline style: CSSOM only.
(() => {
  "use strict";
  if (!/MicroMessenger/i.test(navigator.userAgent) || window.WeixinJSBridge) return;
  const HOME = "__SIMULATOR__";

  const sheet = (url, done) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "微信支付");
    dialog.dataset.simulator = "cashier";
    Object.assign(dialog.style, {
      border: "0", padding: "0", margin: "auto auto 0", width: "100%", maxWidth: "420px",
      height: "440px", borderRadius: "14px 14px 0 0", overflow: "hidden",
    });
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.title = "微信支付收银台";
    Object.assign(frame.style, { border: "0", width: "100%", height: "100%" });
    const end = (outcome) => {
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      done(outcome);
    };
    const hear = (event) => {
      if (event.origin === HOME && event.data && event.data.simulator === "cashier") {
        end(event.data.outcome);
      }
    };
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); end("cancel"); });
    window.addEventListener("message", hear);
    dialog.append(frame);
    document.body.append(dialog);
    dialog.showModal();
  };

  const pay = async (asked, done) => {
    const name = "get_brand_wcpay_request";
    try {
      const answer = await fetch(`${HOME}/_phone/bridge`, {
        method: "POST", credentials: "include", body: JSON.stringify(asked),
      });
      const told = await answer.json();
      if (told.error) {
        done({ err_msg: `${name}:fail`, err_desc: told.error });
        return;
      }
      sheet(told.cashier, (outcome) => done({ err_msg: `${name}:${outcome}` }));
    } catch (error) {
      done({ err_msg: `${name}:fail`, err_desc: String(error) });
    }
  };

  window.WeixinJSBridge = {
    invoke(name, asked, done) {
      if (name === "getBrandWCPayRequest") pay(asked, done || (() => {}));
      else if (done) done({ err_msg: `${name}:function_not_exist` });
    },
    on() {},
    call() {},
  };
  const ready = () => document.dispatchEvent(new Event("WeixinJSBridgeReady"));
  if (document.readyState === "complete") ready();
  else window.addEventListener("load", ready);
})();
