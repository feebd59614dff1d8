// The card that WeChat shows of a page: set through the JS-SDK with a link of the reader's own.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const inside = /MicroMessenger/i.test(navigator.userAgent);
  // WeCom's web view calls itself MicroMessenger, too.
  const friend = /wxwork/i.test(navigator.userAgent) ? "wecom" : "friend";
  const links = new Map();

  // The reader's own link; the page's plain one when it cannot be had. Only what was had is kept.
  const linkFor = (card, channel) => {
    if (!links.has(channel)) {
      const token = card.querySelector('[name="csrfmiddlewaretoken"]').value;
      const asked = fetch(card.dataset.shareUrl, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body: new URLSearchParams({ ticket: card.dataset.shareTicket, channel }),
      })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
        .then((told) => told.link);
      asked.catch(() => links.delete(channel));
      links.set(channel, asked);
    }
    return links.get(channel);
  };

  // Old WeChats know the old call alone, and some refuse the new one.
  const tell = (now, before, told) => {
    const fallback = () => window.wx[before] && window.wx[before](told);
    if (window.wx[now]) window.wx[now]({ ...told, fail: fallback });
    else fallback();
  };

  const script = (src) =>
    new Promise((done, fail) => {
      if (window.wx && window.wx.config) return done();
      const tag = document.createElement("script");
      tag.src = src;
      tag.addEventListener("load", () => done());
      tag.addEventListener("error", fail);
      document.head.append(tag);
    });

  const set = async (card) => {
    await script(card.dataset.jssdkSrc);
    // WeChat signs the address as the browser shows it, without the fragment.
    const page = location.href.split("#")[0];
    const answer = await fetch(`${card.dataset.jssdkUrl}?url=${encodeURIComponent(page)}`);
    if (!answer.ok) return;
    const apis = ["updateAppMessageShareData", "updateTimelineShareData", "onMenuShareAppMessage", "onMenuShareTimeline", "hideMenuItems"];
    window.wx.config({ ...(await answer.json()), jsApiList: apis });
    window.wx.ready(async () => {
      const about = { title: card.dataset.shareTitle, desc: card.dataset.shareDesc, imgUrl: card.dataset.shareImage };
      const channels = card.dataset.shareChannels.split(" ");
      const link = (channel) => linkFor(card, channel).catch(() => card.dataset.shareLink);
      if (!channels.includes("moments") && window.wx.hideMenuItems) {
        window.wx.hideMenuItems({ menuList: ["menuItem:share:timeline"] });
      }
      if (channels.includes("friend")) {
        tell("updateAppMessageShareData", "onMenuShareAppMessage", { ...about, link: await link(friend) });
      }
      if (channels.includes("moments")) {
        tell("updateTimelineShareData", "onMenuShareTimeline", { ...about, link: await link("moments") });
      }
    });
  };

  // A clipboard wants to be written to while the tap is fresh; where it can, it waits for the text.
  const write = (text) => {
    if (!window.ClipboardItem) return text.then((link) => navigator.clipboard.writeText(link));
    const blob = text.then((link) => new Blob([link], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  };

  const copy = (card, form) => async (event) => {
    if (!navigator.clipboard || !window.isSecureContext) return;
    event.preventDefault();
    try {
      await write(linkFor(card, "copy"));
    } catch {
      form.submit(); // a page to copy it from by hand
      return;
    }
    const said = document.createElement("p");
    said.className = "share__said";
    said.setAttribute("role", "status");
    said.textContent = words.copied;
    card.append(said);
    setTimeout(() => said.remove(), 4000);
  };

  // Only WeChat's own menu can send a page to a chat; the hint points at it.
  const hint = (card) => {
    const button = card.querySelector("[data-share-hint]");
    const dialog = card.querySelector("[data-share-dialog]");
    if (!button || !window.HTMLDialogElement) return;
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", () => dialog.close());
  };

  const dress = () => {
    for (const card of document.querySelectorAll("[data-share]")) {
      if (card.dataset.dressed) continue;
      card.dataset.dressed = "1";
      if (inside) set(card).catch(() => {});
      hint(card);
      const button = card.querySelector("[data-share-copy]");
      if (button) button.addEventListener("click", copy(card, button.form));
    }
  };
  dress();
  document.addEventListener("htmx:afterSettle", dress);
})();
