/* The palette: it finds and goes to anything, from the keyboard alone. What it lies over stays. */
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  if (!palette?.showModal) return;
  const field = document.getElementById("palette-field");
  const rows = document.getElementById("palette-rows");
  const status = document.getElementById("palette-status");
  const address = palette.dataset.rows;
  const PAUSE_MS = 120;
  const LONGEST_MS = 15000;
  const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
  const shown = () => [...rows.querySelectorAll("[data-row]:not([hidden])")];
  const wanted = () => field.value.replaceAll("\0", "").trim();
  // Rows of other words than those in the field are not what Enter means.
  const isCurrent = () => rows.firstElementChild?.dataset.wanted === wanted();
  let opensFirst = false;

  for (const key of document.querySelectorAll("[data-palette-key]")) key.textContent = isApple ? "⌘K" : "Ctrl K";

  function open() {
    if (document.querySelector("dialog[open]")) return;
    palette.showModal();
    field.select();
    opensFirst = false;
    ask();
  }
  document.addEventListener("keydown", (event) => {
    const isKey = event.key.toLowerCase() === "k" && (isApple ? event.metaKey : event.ctrlKey);
    if (!isKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (palette.open) palette.close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  // Beside it is out of it; what was chosen in it happens to the page.
  palette.addEventListener("click", (event) => {
    if (event.target === palette || (event.target.closest("[data-row]") && !event.ctrlKey && !event.metaKey)) palette.close();
  }, true);

  /* What was opened lately is kept in this browser, for each person, as a kind and an id: the server
     tells the names, of what the reader may see. */
  const MOST = 6;
  const store = `recent of ${palette.dataset.person} at ${address}`;
  function recent() {
    try {
      const names = JSON.parse(localStorage.getItem(store) || "[]");
      return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
    } catch {
      return [];
    }
  }
  const here = location.pathname.match(/\/(runs|cases|milestones|projects)\/(\d+)\/$/);
  const current = here && `${here[1]}-${here[2]}`;
  if (current) {
    try {
      localStorage.setItem(store, JSON.stringify([current, ...recent().filter((name) => name !== current)].slice(0, MOST + 1)));
    } catch { /* A browser that keeps nothing has nothing recent. */ }
  }

  /* Each request takes the place of the one before it, so that a late answer shows nothing. */
  let asking = null, pause = 0;
  async function ask() {
    clearTimeout(pause);
    asking?.abort();
    const mine = asking = new AbortController();
    const words = wanted(), query = new URLSearchParams({ q: words });
    if (!words) for (const name of recent().filter((one) => one !== current).slice(0, MOST)) query.append("recent", name);
    const timer = setTimeout(() => mine.abort("late"), LONGEST_MS);
    rows.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${address}?${query}`, { headers: { "HX-Request": "true" }, signal: mine.signal });
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) location.assign(elsewhere);
      else if (!answer.ok) fail("The server answered with an error. Type on to ask again.");
      else show(await answer.text());
    } catch {
      if (mine !== asking) return;
      fail(mine.signal.aborted ? "The server took too long to answer. Type on to ask again." : "The server cannot be reached. Type on to ask again.");
    } finally {
      clearTimeout(timer);
      if (mine === asking) rows.removeAttribute("aria-busy");
    }
  }
  function show(html) {
    rows.innerHTML = html;
    for (const row of rows.querySelectorAll("[data-needs]")) row.hidden = !document.querySelector(row.dataset.needs);
    const all = shown();
    field.setAttribute("aria-expanded", String(all.length > 0));
    status.textContent = all.length === 1 ? "1 row" : `${all.length} rows`;
    rows.scrollTop = 0;
    choose(all[0]);
    if (opensFirst) all[0]?.click();
    opensFirst = false;
  }
  function fail(sentence) {
    const line = document.getElementById("palette-failed").content.cloneNode(true);
    line.querySelector("span").textContent = sentence;
    rows.replaceChildren(line);
    field.setAttribute("aria-expanded", "false");
    opensFirst = false;
    choose();
  }
  function choose(row) {
    for (const one of shown()) {
      one.classList.toggle("is-focus", one === row);
      one.setAttribute("aria-selected", String(one === row));
    }
    if (row) field.setAttribute("aria-activedescendant", row.id);
    else field.removeAttribute("aria-activedescendant");
  }
  rows.addEventListener("pointermove", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && !row.classList.contains("is-focus")) choose(row);
  });
  field.addEventListener("input", () => {
    opensFirst = false;
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE_MS);
  });
  // Before app.js opens the chosen row: Enter waits for the rows of what was typed.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (isCurrent() && field.hasAttribute("aria-activedescendant")) return;
    event.preventDefault();
    event.stopPropagation();
    opensFirst = true;
    ask();
  });
})();
