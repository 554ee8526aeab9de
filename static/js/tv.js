/* The stand-up on a screen that nobody touches for weeks. It asks for itself every minute, keeps
   the last picture where nobody answers, and goes on by itself. It makes no listener, timer or
   element that stays. */
(() => {
  "use strict";
  const EVERY_MS = 60000;
  const AGAIN_MS = 15000;
  const LONGEST_MS = 20000;
  const LONGEST_WAIT_S = 600;
  // Two refreshes did not come: whatever the reason, the numbers are no longer current.
  const OLD_MS = 150000;
  // Whatever a browser gathers in a page ends with it; only right after an answer, because a
  // page that cannot be had then would not come back by itself.
  const PAGE_MS = 6 * 3600000;
  // Shut to this screen, unlike out of reach: then nothing may stay to be read.
  const SHUT = [401, 403, 404, 410];
  const PLACES = [[0, 0], [8, 0], [8, 6], [0, 6], [-8, 6], [-8, 0], [-8, -6], [0, -6], [8, -6]];

  const main = document.getElementById("content");
  const old = document.getElementById("old");
  const began = Date.now();
  let came = began;
  let next = began + EVERY_MS;
  let isAsking = false;
  let reason = "";

  // Their names hold what is in them, so that other names are another version. In a page that
  // is only parsed, what stands in noscript is read.
  const assetsOf = (page) => [...page.querySelectorAll("script[src], link[rel=stylesheet]")]
    .filter((item) => !item.closest("noscript"))
    .map((item) => item.getAttribute("src") || item.getAttribute("href")).join("\n");
  const OURS = assetsOf(document);

  function say(text, isShut) {
    if (old.textContent !== text) old.textContent = text;
    old.classList.toggle("is-shut", isShut);
    old.hidden = !text;
    main.classList.toggle("is-old", Boolean(text));
  }
  function age() {
    const minutes = Math.floor((Date.now() - came) / 60000);
    if (minutes < 60) return `${minutes} min`;
    return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
  }
  function sayOld() {
    say(`${reason} These are the numbers of ${main.dataset.moment}, ${age()} ago. They are asked for again by themselves.`, false);
  }

  function failed(why, waitS) {
    reason = why;
    next = Date.now() + Math.max(AGAIN_MS, Math.min(waitS || 0, LONGEST_WAIT_S) * 1000);
    sayOld();
  }
  function shut() {
    reason = "";
    next = Date.now() + EVERY_MS;
    main.replaceChildren();
    say("This screen may not show the stand-up any more. Open its link again, or ask whoever gave it for a new one.", true);
  }

  function show(page) {
    const fresh = page.getElementById("content");
    main.replaceChildren(...fresh.childNodes);
    for (const name of ["moment", "refresh"]) {
      if (fresh.dataset[name] === undefined) delete main.dataset[name];
      else main.dataset[name] = fresh.dataset[name];
    }
    came = Date.now();
    next = came + EVERY_MS;
    reason = "";
    say("", false);
  }

  async function answered(answer) {
    if (SHUT.includes(answer.status)) return shut();
    const waitS = Number(answer.headers.get("Retry-After"));
    if (answer.status === 429) return failed("The server is asked too often.", waitS);
    if (!answer.ok) return failed("The server answered with an error.", waitS);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The log-in, where somebody's session ended.
    if (!page.querySelector("#content[data-tv]")) return shut();
    if (assetsOf(page) !== OURS || Date.now() - began > PAGE_MS) return location.reload();
    return show(page);
  }

  async function ask() {
    isAsking = true;
    const ends = new AbortController();
    const timer = setTimeout(() => ends.abort(), LONGEST_MS);
    try {
      await answered(await fetch(main.dataset.refresh, { cache: "no-store", signal: ends.signal }));
    } catch (error) {
      failed(error.name === "AbortError" ? "The server took too long to answer." : "The server cannot be reached.", 0);
    } finally {
      clearTimeout(timer);
      isAsking = false;
    }
  }

  function place() {
    const [x, y] = PLACES[Math.floor(Date.now() / 60000) % PLACES.length];
    document.documentElement.style.setProperty("--dx", x);
    document.documentElement.style.setProperty("--dy", y);
  }

  function look() {
    place();
    if (!main.dataset.refresh) return;
    if (!old.classList.contains("is-shut") && Date.now() - came > OLD_MS) {
      reason = reason || "Not refreshed for some minutes.";
      sayOld();
    }
    if (!isAsking && !document.hidden && Date.now() >= next) ask();
  }
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  look();

  /* The screen stays on where the browser lets a page ask for that. */
  function stayOn() {
    if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  }
  document.addEventListener("visibilitychange", stayOn);
  stayOn();
})();
