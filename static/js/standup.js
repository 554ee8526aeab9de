/* The stand-up on a wall: it refreshes itself, and says so as soon as it cannot. */
(() => {
  "use strict";
  const EVERY_MS = 60000;
  const AGAIN_MS = 15000;
  // Two refreshes did not come: whatever the reason, the numbers are no longer current.
  const OLD_MS = 150000;
  const page = () => document.getElementById("content");
  let came = Date.now();
  let next = came + EVERY_MS;

  function showOld(reason) {
    const main = page(), line = document.getElementById("old");
    if (!main?.hasAttribute("data-refresh") || !line) return;
    main.classList.add("is-old");
    line.textContent = `${reason} These are the numbers of ${main.dataset.at}; they are asked for again every minute.`;
    line.hidden = false;
  }

  function look() {
    const main = page();
    if (!main?.hasAttribute("data-refresh")) return;
    const now = Date.now();
    if (now - came > OLD_MS) showOld("Not refreshed for some minutes.");
    const isUsed = document.querySelector("#scope")?.contains(document.activeElement) || document.querySelector("dialog[open]");
    if (document.hidden || isUsed || now < next) return;
    next = now + EVERY_MS;
    htmx.trigger(main, "poll");
  }
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);

  const isOurs = (event) => event.detail.elt === page();
  const failed = (reason) => (event) => {
    if (!isOurs(event)) return;
    next = Date.now() + AGAIN_MS;
    showOld(reason);
  };
  document.addEventListener("htmx:sendError", failed("The server cannot be reached."));
  document.addEventListener("htmx:timeout", failed("The server took too long to answer."));
  document.addEventListener("htmx:responseError", failed("The server answered with an error."));

  /* New numbers came, by a refresh or a filter; the filters stay open while they are used. */
  let wasOpen = false;
  document.addEventListener("htmx:beforeSwap", () => { wasOpen = Boolean(document.getElementById("scope")?.open); });
  document.addEventListener("htmx:afterSettle", () => {
    came = Date.now();
    next = came + EVERY_MS;
    const scope = document.getElementById("scope");
    if (scope && wasOpen) scope.open = true;
  });

  document.addEventListener("click", (event) => {
    const scope = document.getElementById("scope");
    if (scope?.open && event.target.isConnected && !scope.contains(event.target)) scope.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const scope = document.getElementById("scope");
    if (event.key !== "Escape" || !scope?.open || scope.querySelector("details[open]")) return;
    scope.open = false;
    scope.querySelector("summary").focus();
  });
})();
