// The card that WeChat shows of a page: set through the JS-SDK with a link of the reader's own.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const inside = /MicroMessenger/i.test(navigator.userAgent);
  const links = new Map();

  const linkFor = (card, channel) => {
    if (!links.has(channel)) {
      const token = card.querySelector('[name="csrfmiddlewaretoken"]').value;
      const asked = fetch(card.dataset.shareUrl, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body: new URLSearchParams({ ticket: card.dataset.shareTicket, channel }),
      })
        .then((answer) => (answer.ok ? answer.json() : { link: card.dataset.shareLink }))
        .then((told) => told.link);
      links.set(channel, asked);
    }
    return links.get(channel);
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
    const apis = ["updateAppMessageShareData", "updateTimelineShareData", "onMenuShareAppMessage", "onMenuShareTimeline"];
    window.wx.config({ ...(await answer.json()), jsApiList: apis });
    window.wx.ready(async () => {
      const about = { title: card.dataset.shareTitle, desc: card.dataset.shareDesc, imgUrl: card.dataset.shareImage };
      const channels = card.dataset.shareChannels.split(" ");
      if (channels.includes("friend")) {
        const told = { ...about, link: await linkFor(card, "friend") };
        window.wx.updateAppMessageShareData(told);
      }
      if (channels.includes("moments")) {
        window.wx.updateTimelineShareData({ ...about, link: await linkFor(card, "moments") });
      }
    });
  };

  const copy = (card) => async (event) => {
    if (!navigator.clipboard || !window.isSecureContext) return;
    event.preventDefault();
    await navigator.clipboard.writeText(await linkFor(card, "copy"));
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
      if (button) button.addEventListener("click", copy(card));
    }
  };
  dress();
  document.addEventListener("htmx:afterSettle", dress);
})();
