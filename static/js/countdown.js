// Countdowns by the server's clock, and the page that follows when one is over.
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

  const dress = () => {
    clock();
    tick();
    for (const line of document.querySelectorAll("[data-countdown-only]")) line.hidden = false;
  };
  dress();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", dress);
})();
