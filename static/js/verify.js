// An ended bargain, checked by whoever looks: the text's hash, its cuts drawn again from the nonce,
// their sum, and every help against them.
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

  const bytesOf = (string) => new TextEncoder().encode(string);
  const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

  const hashOf = async (string) => {
    const bytes = await crypto.subtle.digest("SHA-256", bytesOf(string));
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
      schedule.newcomer.length === Number(words.newcomers) &&
      schedule.newcomer_weight === Number(words.weight) &&
      cuts.every((cut) => Number.isInteger(cut) && cut >= 1) &&
      sumOf(cuts) === schedule.list_fen - schedule.floor_fen
    );
  };

  // 500 to 1500, from HMAC-SHA256(nonce, "cut <number>") as one big number.
  const weightOf = async (key, number) => {
    const digest = await crypto.subtle.sign("HMAC", key, bytesOf(`cut ${number}`));
    return 500 + new Uint8Array(digest).reduce((rest, byte) => (rest * 256 + byte) % 1001, 0);
  };

  // By largest remainder; of equal ones the earlier share gets the fen. Whole numbers throughout.
  const split = (total, weights) => {
    const whole = sumOf(weights);
    const remainders = weights.map((weight) => (total * weight) % whole);
    const shares = weights.map((weight, i) => (total * weight - remainders[i]) / whole);
    const order = weights.map((_, i) => i).sort((a, b) => remainders[b] - remainders[a] || a - b);
    for (const i of order.slice(0, total - sumOf(shares))) shares[i] += 1;
    return shares;
  };

  // The nonce draws just these cuts, as campaigns/bargain/schedule.py does.
  const drawn = async (schedule) => {
    const { nonce, helpers, newcomer, ordinary, newcomer_weight: heavier } = schedule;
    const seed = Uint8Array.from(nonce.match(/../g), (hex) => parseInt(hex, 16));
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", seed, hmac, false, ["sign"]);
    const weights = [];
    for (let number = 0; number < helpers; number += 1) {
      weights.push((await weightOf(key, number)) * (number < newcomer.length ? heavier : 1));
    }
    const rest = schedule.list_fen - schedule.floor_fen - helpers;
    const cuts = split(rest, weights).map((share) => 1 + share);
    return [...newcomer, ...ordinary].every((cut, i) => cut === cuts[i]);
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
    if (!terms(schedule) || !(await drawn(schedule))) return tell("cuts");
    return tell(helps(schedule) ? "fair" : "cuts");
  };
  check().catch(() => tell("cuts"));
})();
