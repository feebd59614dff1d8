// Small comforts that no page depends on: countdowns, steppers, one submission at a time.
(() => {
  "use strict";
  const words = document.currentScript.dataset;

  // The server's clock: the freshest `data-now` on the page came with a personal answer. Until then
  // the phone's own clock is shown, and nothing is done by it.
  let ahead = 0;
  let heard = false;
  const clock = () => {
    const told = [...document.querySelectorAll("[data-now]")].pop();
    if (told && told.dataset.heard !== told.dataset.now) {
      told.dataset.heard = told.dataset.now;
      ahead = Date.parse(told.dataset.now) - Date.now();
      heard = true;
    }
  };

  const two = (number) => String(number).padStart(2, "0");
  const left = (instant) => {
    const seconds = Math.max(0, Math.floor((Date.parse(instant) - Date.now() - ahead) / 1000));
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor((seconds % 86400) / 3600);
    const rest = `${two(hours)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
    return { late: seconds === 0, text: days ? `${days} ${words.days} ${rest}` : rest };
  };
  const tick = () => {
    for (const time of document.querySelectorAll("[data-countdown]")) {
      const now = left(time.dataset.countdown);
      if (time.textContent !== now.text) time.textContent = now.text;
      if (now.late && heard && !time.dataset.over && "countdownReload" in time.dataset) {
        time.dataset.over = "1";
        // A page that waited for this instant shows its new state soon after it.
        const after = Number(time.dataset.countdownReload) || 62;
        setTimeout(() => {
          if (!time.isConnected) return;
          if (left(time.dataset.countdown).late) location.reload();
          else delete time.dataset.over; // the server's clock was heard again meanwhile
        }, after * 1000);
      }
    }
  };

  // How much is in the cart, from a cookie: the page itself is the same for everybody.
  const badge = () => {
    const link = document.querySelector("[data-cart]");
    if (!link) return;
    const told = document.cookie.match(/(?:^|; )cart_size=(\d{1,4})/);
    const size = told ? Number(told[1]) : 0;
    let dot = link.querySelector(".badge");
    if (!size) {
      if (dot) dot.remove();
      return;
    }
    if (!dot) {
      dot = document.createElement("span");
      dot.className = "badge";
      link.append(dot);
    }
    dot.textContent = size > 99 ? "99+" : String(size);
  };
  badge();
  document.addEventListener("htmx:afterRequest", badge);

  const stepper = (input) => {
    if (input.dataset.stepped) return;
    input.dataset.stepped = "1";
    const box = document.createElement("span");
    box.className = "stepper";
    input.replaceWith(box);
    const step = (sign, label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign > 0 ? "+" : "−";
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => {
        const value = Math.max(1, (parseInt(input.value, 10) || 1) + sign);
        input.value = String(value);
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
      return button;
    };
    box.append(step(-1, words.less), input, step(1, words.more));
  };

  const gallery = (count) => {
    const strip = count.parentElement.querySelector(".gallery");
    const all = strip.children.length;
    strip.addEventListener(
      "scroll",
      () => (count.textContent = `${Math.round(strip.scrollLeft / strip.clientWidth) + 1}/${all}`),
      { passive: true },
    );
  };

  const dress = () => {
    clock();
    tick();
    for (const line of document.querySelectorAll("[data-countdown-only]")) line.hidden = false;
    document.querySelectorAll("input.quantity").forEach(stepper);
  };

  // A second tap on a slow network sends nothing; coming back with the back button starts afresh.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    document.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
  });

  dress();
  document.querySelectorAll("[data-gallery-count]").forEach(gallery);
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", dress);
})();
