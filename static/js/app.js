/* Everything that makes the pages quicker to use. Without it, each link and form still works. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  const POLL_MS = 15000;
  const TOAST_MS = 4000;

  /* Toasts confirm what cannot be seen. */
  function toast(text) {
    const box = $("#toasts");
    const item = $("#toast-form").content.firstElementChild.cloneNode(true);
    $("span", item).textContent = text;
    box.append(item);
    setTimeout(() => item.remove(), TOAST_MS);
  }

  async function copy(text, said = "Link copied") {
    if (await isCopied(text)) toast(said);
    else showText(text);
  }
  async function isCopied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Outside a secure context there is no clipboard object.
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }
  /* Without the right to copy, the text is shown to be copied by hand. */
  function showText(text) {
    const dialog = $("#copy-form").content.firstElementChild.cloneNode(true);
    const field = $("textarea", dialog);
    field.value = text;
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
    field.select();
  }
  // The address that a link leads to, or the text of the element or template that it names.
  const textOf = (link) => {
    const named = link.dataset.copy && $(link.dataset.copy);
    return named ? (named.content ?? named).textContent : link.href;
  };

  /* An address that says of no project means others to somebody else: what is shown is written out. */
  function writeOutProjects() {
    const here = new URL($("#filters")?.dataset.here || location.href, location);
    const says = (url) => new URL(url).searchParams.has("project");
    if (says(here) && !says(location)) history.replaceState(history.state, "", here.href + location.hash);
  }
  writeOutProjects();

  /* Theme: system, light, dark, kept in a cookie that the server reads before first paint. */
  const THEMES = { "": "System", light: "Light", dark: "Dark" };
  // The cookie is for this site, which may be one path of its host; the switch is below it.
  const site = () => new URL("..", $("[data-theme-next]").href).pathname;
  function nextTheme() {
    const names = Object.keys(THEMES);
    const theme = names[(names.indexOf(root.dataset.theme || "") + 1) % names.length];
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    const age = theme ? 31536000 : 0;
    document.cookie = `theme=${theme};path=${site()};max-age=${age};samesite=lax`;
    for (const label of $$("[data-theme-name]")) label.textContent = THEMES[theme];
  }

  /* The form that shares the page, which is a page of its own without scripts. */
  async function share(href) {
    await htmx.ajax("GET", href, { target: "#share-body", select: "#share-card", swap: "innerHTML" });
    if ($("#share-card")) $("#share-dialog").showModal();
  }

  /* Popovers are details: one at a time, closed by Escape or a click elsewhere. */
  function closePopovers(except) {
    let closed = null;
    for (const item of $$("details.pick[open]")) {
      if (item === except) continue;
      item.open = false;
      closed = item;
    }
    return closed;
  }
  document.addEventListener("click", (event) => {
    closePopovers(event.target.closest("details.pick"));
    const hit = (name) => event.target.closest(`[data-${name}]`);
    if (hit("copy-link")) { closePopovers(); copy(location.href); }
    else if (hit("copy")) { event.preventDefault(); closePopovers(); copy(textOf(hit("copy")), hit("copy").dataset.said); }
    else if (hit("copy-message")) copy($("pre", hit("copy-message").closest("details, section")).textContent, "Message copied");
    else if (hit("share") && window.htmx && $("#share-dialog")) { event.preventDefault(); share(hit("share").href); }
    else if (hit("theme-next")) { event.preventDefault(); nextTheme(); }
    else if (hit("reveal")) reveal(hit("reveal"));
    else if (hit("save-view")) { event.stopPropagation(); openSaving(); }
    else if (hit("keys")) $("#keys").showModal();
    else if (hit("close-dialog")) event.target.closest("dialog").close();
    else openRow(event);
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.pick[open]")) keepOnScreen($(".pop", event.target));
    if (event.target.matches?.("#pick-save[open]")) $("[name=name]", event.target).focus();
    const search = event.target.matches?.("details.pick[open]") && $("[data-narrow]", event.target);
    if (!search) return;
    search.parentElement.hidden = false;
    if (!event.target.contains(document.activeElement) || document.activeElement.matches("summary")) search.focus();
  }, true);

  /* A popover hangs from its chip, which may stand near the right edge. */
  function keepOnScreen(pop) {
    pop.style.marginLeft = "";
    const past = pop.getBoundingClientRect().right - (root.clientWidth - 8);
    if (past > 0 && getComputedStyle(pop).position === "absolute") pop.style.marginLeft = `${-past}px`;
  }

  /* Saving hangs from the filter bar, which the stand-up folds away. */
  function openSaving() {
    const saving = $("#pick-save"), folded = saving.parentElement.closest("details");
    if (folded) folded.open = true;
    saving.open = true;
    $("[name=name]", saving).focus();
  }

  function reveal(button) {
    const field = $("input", button.parentElement);
    field.type = field.type === "password" ? "text" : "password";
    button.setAttribute("aria-pressed", String(field.type === "text"));
  }

  /* The search inside a popover narrows its list; it is no filter of the page. */
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const item of $$("li", event.target.closest(".pop"))) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-narrow]")) event.stopPropagation();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-narrow]")) event.preventDefault();
  });

  /* Rows: a click opens the row, links and buttons inside keep their own action. */
  function openRow(event) {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target.closest("a, button, input, select, summary, label") || String(getSelection())) return;
    $("a.nm", row)?.click();
  }
  function moveRow(step) {
    const rows = $$("tr[data-row]");
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("is-focus"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    for (const row of rows) row.classList.toggle("is-focus", row === next);
    $("a.nm", next)?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  /* What a search found is chosen without leaving its field: arrows, Enter, Escape. */
  function choose(field, step) {
    const rows = $$("[data-row]:not([hidden])", document.getElementById(field.getAttribute("aria-controls")));
    const at = rows.findIndex((row) => row.id === field.getAttribute("aria-activedescendant"));
    const next = step ? rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : (at + step + rows.length) % rows.length] : null;
    for (const row of rows) {
      row.classList.toggle("is-focus", row === next);
      row.setAttribute("aria-selected", String(row === next));
    }
    if (next) field.setAttribute("aria-activedescendant", next.id);
    else field.removeAttribute("aria-activedescendant");
    next?.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[role=combobox]") || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = document.getElementById(event.target.getAttribute("aria-activedescendant"));
    if (step) choose(event.target, step);
    else if (event.key === "Enter" && chosen) ($("a.nm", chosen) ?? chosen).click();
    else if (event.key === "Escape" && chosen && !event.target.closest("dialog")) choose(event.target, 0);
    else return;
    event.preventDefault();
  });
  // Other words find other rows.
  document.addEventListener("input", (event) => { if (event.target.matches("[role=combobox]")) choose(event.target, 0); });

  /* Keys; off while typing. */
  const isTyping = (element) => element.closest?.("input, select, textarea, [contenteditable]") && !["checkbox", "radio"].includes(element.type);
  let goesTo = 0;
  const KEYS = {
    "/": () => { const field = $("[data-everything] input[type=search]"), search = $("[data-search]"); if (field) field.focus(); else if (search) location.assign(search.href); },
    f: () => { const chip = $("#filters details.pick"); if (!chip) return; const folded = chip.parentElement.closest("details"); if (folded) folded.open = true; chip.open = true; $("summary", chip).focus(); },
    j: () => moveRow(1),
    k: () => moveRow(-1),
    c: () => copy(location.href),
    t: nextTheme,
    "?": () => $("#keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { const item = closePopovers(); if (item) $("summary", item).focus(); return; }
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (Date.now() - goesTo < 1500) {
      goesTo = 0;
      const place = $(`[data-place="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    if (event.key === "g") { goesTo = Date.now(); return; }
    const arrow = { ArrowDown: "j", ArrowUp: "k" }[event.key];
    const action = arrow && $("tr.is-focus") ? KEYS[arrow] : KEYS[event.key];
    if (action && !event.target.closest(".chart")) { event.preventDefault(); action(); }
  });

  /* Live parts ask again every 15 s while somebody can see them and nobody types in them. */
  setInterval(() => {
    if (document.hidden || !window.htmx) return;
    for (const part of $$("[data-live]")) {
      if (!part.contains(document.activeElement) && !$("details[open]", part)) htmx.trigger(part, "poll");
    }
  }, POLL_MS);

  /* A pressed button says what it does until the answer is there. */
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.busy) return;
    // Disabled at once, the button's own name and value would not be sent.
    setTimeout(() => { button.disabled = true; $("span", button).textContent = button.dataset.busy; });
  });

  /* htmx: keep an open popover and the focus, show a failed part as failed. */
  let open = "", focused = "";
  // By name and value, because an option that is chosen moves to another place.
  const selectorOf = (element) => element.matches("[type=checkbox]")
    ? `[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`
    : element.id && `#${CSS.escape(element.id)}`;
  document.addEventListener("htmx:beforeSwap", () => {
    const item = $("details.pick[open]");
    open = item?.id || "";
    focused = item?.contains(document.activeElement) ? selectorOf(document.activeElement) : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const item = open && document.getElementById(open);
    if (item) {
      item.open = true;
      // htmx gave the focus back while the popover was still closed, which does nothing.
      if (focused) $(focused, item)?.focus({ preventScroll: true });
    }
    open = focused = "";
  });
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.target.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.target.removeAttribute("aria-busy"));
  function showFailure(event) {
    const { target, elt } = event.detail;
    // A live part keeps its last state: the next poll may succeed.
    if (elt.matches("[data-live], [data-own-failure]")) return;
    target.replaceChildren($("#failed-form").content.cloneNode(true));
    const again = $("a", target);
    // What was sent cannot be sent again by a link; the page can be asked for.
    const isRead = event.detail.requestConfig?.verb === "get";
    again.href = (isRead && event.detail.pathInfo?.requestPath) || location.href;
  }
  document.addEventListener("htmx:responseError", showFailure);
  document.addEventListener("htmx:sendError", showFailure);
  document.addEventListener("htmx:timeout", showFailure);

  for (const text of $$("#toasts [data-toast]")) setTimeout(() => text.remove(), TOAST_MS);
})();
