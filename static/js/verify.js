// An ended bargain, checked by whoever looks: the text's hash, its sum, and every help against it.
(() => {
  "use strict";
  const box = document.querySelector("[data-verify]");
  const text = box && box.querySelector("[data-verify-text]");
  if (!text) return;
  const words = box.dataset;
  const said = box.querySelector("[data-verify-said]");
  const tell = (key) => {
    said.textContent = words[key];
    said.className = `notice ${key === "fair" ? "notice--success" : "notice--warn"}`;
    box.dataset.verified = key;
  };

  const hashOf = async (string) => {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(string));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // The page's own numbers and the schedule's must be the same story.
  const terms = (schedule) => {
    const cuts = [...schedule.newcomer, ...schedule.ordinary];
    return (
      schedule.bargain === words.bargain &&
      schedule.list_fen === Number(words.list) &&
      schedule.floor_fen === Number(words.floor) &&
      cuts.length === Number(words.helpers) &&
      cuts.every((cut) => Number.isInteger(cut) && cut >= 1) &&
      cuts.reduce((sum, cut) => sum + cut, 0) === schedule.list_fen - schedule.floor_fen
    );
  };

  // Each help took the next cut of its row, and the price fell by just that.
  const helps = (schedule) => {
    const taken = { newcomer: 0, ordinary: 0 };
    let price = schedule.list_fen;
    for (const help of box.querySelectorAll("[data-help]")) {
      const { row, position, cut, after } = help.dataset;
      if (!(row in taken) || Number(position) !== taken[row]) return false;
      if (schedule[row][taken[row]] !== Number(cut)) return false;
      taken[row] += 1;
      price -= Number(cut);
      if (price !== Number(after)) return false;
    }
    return true;
  };

  const check = async () => {
    if (!window.crypto || !crypto.subtle) return tell("unable");
    if ((await hashOf(text.value)) !== words.commitment) return tell("hash");
    const schedule = JSON.parse(text.value);
    tell(terms(schedule) && helps(schedule) ? "fair" : "cuts");
  };
  check().catch(() => tell("cuts"));
})();
