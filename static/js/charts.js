/* Draws what dashboard/charts/ describes. Colours arrive as names of CSS tokens and are
   resolved here, at draw time, so that charts follow the theme. */
(() => {
  "use strict";
  const NARROW_PX = 480;
  const READOUT_MS = 300;
  const DRAG_PX = 6;
  const DAY_MS = 86400000;
  const PAPER_PX = 900;
  const CONFIG = { displayModeBar: false, responsive: true };

  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  function colour(token) {
    // The computed colour, because a token itself reads light-dark(…).
    probe.style.color = token;
    const solid = getComputedStyle(probe).color;
    // What follows a token's name is how much it covers: var(--pass, 24%).
    const [, share] = /, (\d+)%\)$/.exec(token) ?? [];
    return share ? solid.replace(/^rgba?\((\d+, \d+, \d+).*/, `rgba($1, ${share / 100})`) : solid;
  }
  function painted(value) {
    if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item)]));
    return value;
  }

  function draw(box) {
    const source = JSON.parse(document.getElementById(box.dataset.rows).textContent);
    const layout = painted(source.layout);
    if (box.clientWidth < NARROW_PX) {
      layout.xaxis.nticks = 4;
      layout.annotations = layout.annotations?.filter((label) => label.name !== "wide");
    }
    for (const group of document.querySelectorAll(`[data-of="${box.id.replace("plot-", "")}"]`)) group.hidden = false;
    if (source.kind === "points") return drawPoints(box, source, layout);
    const state = { at: -1, shapes: layout.shapes, days: source.days, box };
    Plotly.react(box, painted(source.data), layout, CONFIG);
    box.removeAllListeners?.("plotly_hover");
    box.removeAllListeners?.("plotly_click");
    box.on("plotly_hover", (event) => show(state, indexOf(source, event.points[0])));
    box.on("plotly_click", (event) => { if (!box.isDragged) visit(state, indexOf(source, event.points[0])); });
    box.onkeydown = (event) => steer(state, event);
    // A bar stands around its day's midnight.
    takeRange(box, Math.round);
  }
  /* Single points: the label is Plotly's own, a click or Enter opens the point's page, of the
     same past moment as this one. */
  function drawPoints(box, source, layout) {
    Plotly.react(box, painted(source.data), layout, CONFIG);
    const marks = source.data.flatMap((trace, curveNumber) => (trace.customdata || []).map((id, pointNumber) => ({ curveNumber, pointNumber, id, x: trace.x[pointNumber], said: `${trace.x[pointNumber].slice(0, 16)}, ${trace.text[pointNumber]}, ${trace.name.toLowerCase()}` })));
    marks.sort((one, two) => one.x.localeCompare(two.x));
    const state = { at: -1, box, marks, open: (id) => location.assign(source.path.replace(/\?|$/, (rest) => `${id}/${rest}`)) };
    box.removeAllListeners?.("plotly_click");
    box.on("plotly_click", (event) => { if (event.points[0].customdata && !box.isDragged) state.open(event.points[0].customdata); });
    box.onkeydown = (event) => steerPoints(state, event);
    takeRange(box, Math.floor);
  }
  /* A drag asks for the days under it: the page takes them as its own time range. A finger
     that drags means to scroll the page. */
  function takeRange(box, dayOf) {
    box.onpointerdown = (event) => {
      box.isDragged = false;
      if (event.button || event.pointerType === "touch" || !event.target.closest(".draglayer")) return;
      const { xaxis: axis, _size: size } = box._fullLayout;
      const at = ({ clientX }) => Math.min(Math.max(clientX - box.getBoundingClientRect().left - axis._offset, 0), axis._length);
      const from = at(event);
      const mark = document.createElement("i");
      mark.className = "range";
      Object.assign(mark.style, { top: `${size.t}px`, height: `${size.h}px` });
      const moved = (move) => {
        const to = at(move);
        box.isDragged ||= Math.hypot(to - from, move.clientY - event.clientY) >= DRAG_PX;
        if (!box.isDragged) return;
        if (!mark.isConnected) box.append(mark);
        Object.assign(mark.style, { left: `${axis._offset + Math.min(from, to)}px`, width: `${Math.abs(to - from)}px` });
      };
      const ended = new AbortController();
      const { signal } = ended;
      // Before Plotly, which lays a cover over the page as soon as something is dragged.
      addEventListener("pointermove", moved, { capture: true, signal });
      addEventListener("pointercancel", () => { mark.remove(); ended.abort(); }, { capture: true, signal });
      addEventListener("pointerup", (up) => {
        ended.abort();
        // Up or down alone, or over hardly anything, is neither a click nor a range; who came
        // by a share has that of the share.
        if (Math.abs(at(up) - from) < DRAG_PX || !document.querySelector("#pick-window form")) mark.remove();
        else askForDays([from, at(up)].map((place) => dayOf(axis.p2c(place) / DAY_MS)));
      }, { capture: true, signal });
    };
  }
  /* `days` since 1970, the last one included. */
  function askForDays(days) {
    const form = document.querySelector("#pick-window form");
    const iso = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);
    form.elements.since.value = iso(Math.min(...days));
    form.elements.until.value = iso(Math.max(...days) + 1);
    form.requestSubmit();
  }

  function steerPoints(state, event) {
    const last = state.marks.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (last < 0) return;
    if (step) state.at = state.at < 0 ? last : Math.min(Math.max(state.at + step, 0), last);
    else if (event.key === "Home") state.at = 0;
    else if (event.key === "End") state.at = last;
    else if (event.key === "Enter" && state.at >= 0) { state.open(state.marks[state.at].id); return; }
    else return;
    event.preventDefault();
    const mark = state.marks[state.at];
    Plotly.Fx.hover(state.box, [{ curveNumber: mark.curveNumber, pointNumber: mark.pointNumber }]);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => { document.getElementById(state.box.dataset.readout).textContent = mark.said; }, READOUT_MS);
  }

  // By the day, because a trace of dots has fewer points than there are days.
  const indexOf = (source, point) => source.data[0].x.indexOf(String(point.x).slice(0, 10));

  function steer(state, event) {
    const last = state.days.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(state, state.at < 0 ? last : Math.min(Math.max(state.at + step, 0), last));
    else if (event.key === "Home") show(state, 0);
    else if (event.key === "End") show(state, last);
    else if (event.key === "Enter") visit(state, state.at);
    else return;
    event.preventDefault();
  }

  function visit(state, at) {
    const href = state.days[at]?.href;
    if (href) location.assign(href);
  }

  function show(state, at) {
    if (at < 0 || at === state.at) return;
    state.at = at;
    const x = state.box.data[0].x[at];
    const line = { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 0.985, line: { color: colour("var(--ink)"), width: 1, dash: "2px,2px" } };
    Plotly.relayout(state.box, { shapes: [...(state.shapes || []), line] });
    clearTimeout(state.timer);
    state.timer = setTimeout(() => readOut(state), state.spoken ? READOUT_MS : 0);
    state.spoken = true;
  }
  function readOut(state) {
    const day = state.days[state.at];
    const legend = document.getElementById(state.box.dataset.readout);
    for (const item of legend.querySelectorAll("[data-k]")) item.textContent = day[item.dataset.k] ?? "";
  }

  // What is saved is what is seen: the drawn chart on its card, the rows of its table.
  const ways = { png: picture, csv: rows };
  async function save(button) {
    const name = button.parentElement.dataset.of;
    const link = document.createElement("a");
    link.href = await ways[button.dataset.save](name);
    link.download = `passline-${name}.${button.dataset.save}`;
    link.click();
  }
  function picture(name) {
    const box = document.getElementById(`plot-${name}`);
    const layout = { ...box.layout, paper_bgcolor: colour("var(--surface)") };
    const size = { width: box.clientWidth, height: box.clientHeight, scale: 2, format: "png" };
    return Plotly.toImage({ data: box.data, layout, config: CONFIG }, size);
  }
  function rows(name) {
    const lines = [...document.getElementById(`table-${name}`).rows].map((row) => [...row.cells].map(cell).join(","));
    return URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
  }
  function cell(box) {
    // The unrounded number where there is one, as the API gives it.
    const value = box.querySelector("[data-value]")?.dataset.value ?? box.textContent.trim();
    // A spreadsheet would take such a text for a formula, as encoding.py of the API says.
    const isNumber = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(value);
    const mayRun = /^(?:[\t\r\n]|[\s\p{Cc}\p{Cf}\p{Mn}\p{Me}"'`´‘’“”„«»]*[=+\-@\u2212])/u.test(value.normalize("NFKC"));
    const plain = mayRun && !isNumber ? `'${value}` : value;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-save]");
    if (button) save(button);
  });

  /* Paper is light and has a width of its own, which what is drawn does not follow. */
  let themeOnScreen;
  function toPaper(isPaper) {
    const { dataset } = document.documentElement;
    if (isPaper) [themeOnScreen, dataset.theme] = [dataset.theme, "light"];
    else if (themeOnScreen) dataset.theme = themeOnScreen;
    else delete dataset.theme;
    drawAll();
    for (const box of document.querySelectorAll(".chart.js-plotly-plot")) {
      if (!isPaper) { box.style.width = ""; Plotly.Plots.resize(box); continue; }
      const width = Math.min(box.clientWidth, PAPER_PX);
      box.style.width = `${width}px`;
      Plotly.relayout(box, { width });
    }
  }
  addEventListener("beforeprint", () => toPaper(true));
  addEventListener("afterprint", () => toPaper(false));

  function drawAll(which = ".chart[data-rows]") {
    if (window.Plotly) for (const box of document.querySelectorAll(which)) draw(box);
  }
  // The page turns first: a chart of 90 days takes a tenth of a second, and a click waits for the next paint.
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(drawAll))).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  // Not before htmx has settled: until then it puts back the classes that Plotly adds.
  document.addEventListener("htmx:afterSettle", () => drawAll(".chart[data-rows]:not(.js-plotly-plot)"));
  // Fonts first: Plotly measures its labels once.
  document.fonts.ready.then(() => drawAll());
})();
