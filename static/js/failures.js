// What htmx asked for and did not get is said in one line, until something works again. Without it a
// tap on a bad network, or after signing in elsewhere, would do nothing at all.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  let line = null;

  const why = (status, isPost) => {
    if (status === 401 || status === 403) return words.signedOut;
    if (status === 429) return words.busy;
    if (status === 503) return words.crowded;
    if (status >= 500) return words.server;
    if (status) return words.stale;
    return isPost ? words.offline : words.offlineReading;
  };

  const say = (event) => {
    const { xhr, requestConfig: asked } = event.detail;
    const status = event.type === "htmx:responseError" ? xhr.status : 0;
    if (!line) {
      line = document.createElement("p");
      line.className = "notice notice--warn failure";
      line.setAttribute("role", "alert");
      document.body.append(line);
    }
    const text = why(status, asked && asked.verb !== "get");
    // An alert that is said again every two seconds would never let anybody read on.
    if (line.textContent !== text) line.textContent = text;
  };

  const hush = (event) => {
    if (!event.detail.successful || !line) return;
    line.remove();
    line = null;
  };

  for (const failed of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failed, say);
  }
  document.addEventListener("htmx:afterRequest", hush);
})();
