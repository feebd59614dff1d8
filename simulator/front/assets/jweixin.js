// The JS-SDK as a page inside WeChat sees it, and the menu with which WeChat sends cards.
(() => {
  "use strict";
  const HOME = "__SIMULATOR__";
  const inside = /MicroMessenger/i.test(navigator.userAgent);
  const readies = [];
  const errors = [];
  let state = "new";
  let allowed = [];
  let domains = [];
  // Without the SDK's data WeChat sends the bare page.
  const cards = {
    friend: { title: "", desc: "", link: "", imgUrl: "" },
    moments: { title: "", desc: "", link: "", imgUrl: "" },
  };

  const post = (path, told) =>
    fetch(HOME + path, { method: "POST", credentials: "include", body: JSON.stringify(told) });

  const settle = (error) => {
    state = error ? "error" : "ready";
    if (error) errors.forEach((heard) => heard({ errMsg: error }));
    else readies.splice(0).forEach((heard) => heard());
  };

  const set = (channel, name) => (card) => {
    const bad = state !== "ready" || !allowed.includes(name);
    if (!bad) {
      // A card may lead to any JS接口安全域名 of the account that signed this page.
      if (!domains.includes(new URL(card.link).hostname)) {
        return card.fail && card.fail({ errMsg: `${name}:fail, link domain` });
      }
      Object.assign(cards[channel], {
        title: card.title, desc: card.desc || "", link: card.link, imgUrl: card.imgUrl || "",
      });
      document.documentElement.dataset.simulatorCard = Object.keys(cards)
        .filter((one) => cards[one].link).join(" ");
    }
    const told = { errMsg: `${name}:${bad ? "fail, the permission value is offline verifying" : "ok"}` };
    const heard = bad ? card.fail : card.success;
    if (heard) heard(told);
  };

  window.wx = window.jWeixin = {
    config(asked) {
      if (!inside) return;
      allowed = asked.jsApiList || [];
      post("/_phone/jssdk", { ...asked, url: location.href.split("#")[0] })
        .then((answer) => answer.json())
        .then((told) => { domains = told.domains || []; settle(told.error); })
        .catch(() => settle("config:fail"));
    },
    ready(heard) { if (state === "ready") heard(); else readies.push(heard); },
    error(heard) { errors.push(heard); },
    checkJsApi(asked) {
      const known = Object.fromEntries(asked.jsApiList.map((name) => [name, name in window.wx]));
      if (asked.success) asked.success({ checkResult: known, errMsg: "checkJsApi:ok" });
    },
    updateAppMessageShareData: set("friend", "updateAppMessageShareData"),
    updateTimelineShareData: set("moments", "updateTimelineShareData"),
    onMenuShareAppMessage: set("friend", "onMenuShareAppMessage"),
    onMenuShareTimeline: set("moments", "onMenuShareTimeline"),
    hideMenuItems(asked) {
      const bad = state !== "ready" || !allowed.includes("hideMenuItems");
      if (!bad) document.documentElement.dataset.simulatorHidden = asked.menuList.join(" ");
      const told = { errMsg: `hideMenuItems:${bad ? "fail" : "ok"}` };
      const heard = bad ? asked.fail : asked.success;
      if (heard) heard(told);
    },
    previewImage() {},
    miniProgram: { getEnv(heard) { heard({ miniprogram: false }); } },
  };

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    Object.assign(made.style, {
      display: "block", width: "100%", minHeight: "44px", padding: "8px 16px", border: "0",
      background: "#fff", color: "#111", font: "16px system-ui, sans-serif", cursor: "pointer",
    });
    made.addEventListener("click", act);
    return made;
  };

  const menu = () => {
    const bar = document.createElement("div");
    bar.setAttribute("role", "region");
    bar.setAttribute("aria-label", "微信菜单（模拟器）");
    bar.dataset.simulator = "menu";
    Object.assign(bar.style, { position: "fixed", top: "4px", right: "4px", zIndex: "9999" });
    const list = document.createElement("div");
    list.hidden = true;
    Object.assign(list.style, { boxShadow: "0 2px 12px #0006", borderRadius: "8px", overflow: "hidden" });
    const send = (channel) => async () => {
      const bare = { title: document.title, desc: location.href, link: location.href.split("#")[0], imgUrl: "" };
      await post("/_phone/cards", { ...(cards[channel].link ? cards[channel] : bare), channel });
      list.hidden = true;
      toggle.setAttribute("aria-expanded", "false");
      bar.dataset.sent = channel;
    };
    list.append(button("转发给朋友", send("friend")), button("分享到朋友圈", send("moments")));
    const toggle = button("···", () => {
      list.hidden = !list.hidden;
      const hidden = (document.documentElement.dataset.simulatorHidden || "").split(" ");
      list.lastChild.style.display = hidden.includes("menuItem:share:timeline") ? "none" : "block";
      toggle.setAttribute("aria-expanded", String(!list.hidden));
    });
    toggle.setAttribute("aria-label", "更多");
    toggle.setAttribute("aria-expanded", "false");
    Object.assign(toggle.style, {
      width: "52px", minHeight: "30px", padding: "0", marginLeft: "auto", borderRadius: "15px",
      background: "#3b3b3f", color: "#fff",
    });
    bar.append(toggle, list);
    document.body.append(bar);
  };
  if (inside) {
    if (document.body) menu();
    else document.addEventListener("DOMContentLoaded", menu);
  }
})();
