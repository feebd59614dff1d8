// A button beside a text to copy. Without this script the text is there to be selected by hand.
(() => {
  "use strict";
  const copied = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text.value);
      return;
    }
    text.select();
    document.execCommand("copy");
  };

  for (const button of document.querySelectorAll("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy);
    if (!text) continue;
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copied(text);
      button.textContent = button.dataset.copied;
      setTimeout(() => (button.textContent = label), 3000);
    });
  }
})();
