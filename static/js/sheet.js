// The SKU sheet: the choices of a product page rise from below when somebody wants to buy.
// Without this script they stand in the page, and the same buttons submit the same form.
(() => {
  "use strict";
  const form = document.querySelector("[data-sheet-form]");
  const body = form && form.querySelector("[data-sheet]");
  if (!body || !window.HTMLDialogElement) return;

  const dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-labelledby", body.getAttribute("aria-labelledby"));
  body.replaceWith(dialog);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "sheet__close";
  close.textContent = "×";
  close.setAttribute("aria-label", "关闭");
  close.addEventListener("click", () => dialog.close());
  const bar = document.createElement("div");
  bar.className = "sheet__bar";
  const sum = document.createElement("p");
  sum.className = "sheet__sum price";
  const confirm = document.createElement("button");
  confirm.type = "submit";
  confirm.className = "weui-btn weui-btn_primary";
  confirm.dataset.sheetConfirm = "";
  bar.append(sum, confirm);
  dialog.append(body, close, bar);

  let wanted = null;
  const show = () => {
    const sku = form.querySelector('input[name="sku"]:checked');
    if (!sku || !wanted) return;
    const group = wanted.dataset.sheetOpen === "group";
    const price = group ? sku.dataset.group : sku.dataset.alone;
    sum.textContent = price ? `¥${price}` : "这个规格不参加拼团";
    confirm.disabled = !price;
    confirm.textContent = group ? "发起拼团" : "去结算";
    confirm.formAction = wanted.getAttribute("formaction") || form.action;
  };
  form.addEventListener("change", show);
  for (const button of form.querySelectorAll("[data-sheet-open]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      wanted = button;
      show();
      dialog.showModal();
    });
  }
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
})();
