// The SKU sheet: on a phone the choices of a product page rise from below when somebody wants to
// buy. Without this script, and on a wide screen, they stand in the page, and the same buttons
// submit the same form.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const form = document.querySelector("[data-sheet-form]");
  const body = form && form.querySelector("[data-sheet]");
  const template = form && form.querySelector("[data-sheet-template]");
  if (!body || !template || !window.HTMLDialogElement) return;

  const dialog = template.content.firstElementChild.cloneNode(true);
  const confirm = dialog.querySelector("[data-sheet-confirm]");
  const bar = confirm.parentElement;
  const place = document.createComment("the choices stand here while the sheet is closed");
  body.before(place);
  form.append(dialog);
  const wide = window.matchMedia("(min-width: 960px)");
  let wanted = null;

  const chosen = () => form.querySelector('input[name="sku"]:checked');
  const priceOf = (sku, kind) => (kind === "group" ? sku.dataset.group : sku.dataset.alone);

  // Yuan large, fen small, as `{{ fen|price }}` has it.
  const tell = (place, price) => {
    const [yuan, fen] = price.split(".");
    const small = document.createElement("small");
    small.textContent = `.${fen}`;
    place.replaceChildren(`¥${yuan}`, small);
  };

  const show = () => {
    const sku = chosen();
    if (!sku) return;
    const picked = `${sku.dataset.name} × ${form.elements.quantity.value}`;
    for (const place of form.querySelectorAll("[data-picked]")) place.textContent = picked;
    for (const button of form.querySelectorAll(".bottom-bar [data-sheet-open]")) {
      const price = priceOf(sku, button.dataset.sheetOpen);
      button.querySelector("[data-price]").textContent = price ? `¥${price}` : words.none;
      button.disabled = wide.matches && !price;
    }
    const photo = dialog.querySelector(".sheet__photo");
    if (photo) {
      photo.dataset.first = photo.dataset.first || photo.getAttribute("src");
      photo.src = sku.dataset.photo || photo.dataset.first;
    }
    if (!wanted) return;
    const kind = wanted.dataset.sheetOpen;
    const price = priceOf(sku, kind);
    const sum = dialog.querySelector("[data-sheet-sum]");
    if (price) tell(sum, price);
    else sum.textContent = words.none;
    confirm.disabled = !price;
    confirm.textContent = words[kind];
    const target = form.querySelector(`.bottom-bar [data-sheet-open="${kind}"]`);
    confirm.formAction = target.getAttribute("formaction") || form.action;
  };

  const home = () => place.after(body);
  const open = (event) => {
    if (wide.matches) return;
    event.preventDefault();
    wanted = event.currentTarget;
    bar.before(body);
    show();
    dialog.showModal();
  };

  form.addEventListener("change", show);
  for (const button of form.querySelectorAll("[data-sheet-open]")) {
    button.addEventListener("click", open);
  }
  dialog.addEventListener("close", home);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-sheet-close]")) dialog.close();
  });
  // Turning a tablet: the sheet gives way to the choices in the page.
  wide.addEventListener("change", () => {
    if (dialog.open) dialog.close();
    show();
  });
  // Coming back from the checkout, a browser may restore another choice than the page was sent with.
  window.addEventListener("pageshow", () => {
    if (dialog.open) dialog.close();
    show();
  });
})();
