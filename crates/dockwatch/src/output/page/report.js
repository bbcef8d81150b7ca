"use strict";
// Values under the pointer, choice of categories, sorting and reloading. What the reader chose is kept in the address, so
// that it outlasts a reload.
(() => {
  const RELOAD_MS = 15000;
  const tip = document.getElementById("tip");
  const isLive = document.body.hasAttribute("data-live");
  const state = readState();
  let data = null;
  let moment = null;

  function readState() {
    const text = new URLSearchParams(location.hash.slice(1));
    return {
      hidden: new Set(text.getAll("hide")),
      sort: text.get("sort"),
      isDescending: text.get("order") === "descending",
      isPaused: text.get("reload") === "off",
    };
  }

  function saveState() {
    const text = new URLSearchParams();
    state.hidden.forEach((name) => text.append("hide", name));
    if (state.sort) {
      text.set("sort", state.sort);
      text.set("order", state.isDescending ? "descending" : "ascending");
    }
    if (state.isPaused) text.set("reload", "off");
    history.replaceState(null, "", "#" + text);
  }

  // Values under the pointer.

  function size(bytes) {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) {
      bytes /= 1024;
      unit += 1;
    }
    return (unit ? bytes.toFixed(1) : bytes) + " " + units[unit];
  }

  function nearestSample(at) {
    let [low, high] = [0, data.samples.length - 1];
    if (high < 0) return null;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (data.samples[middle][0] < at) low = middle + 1;
      else high = middle;
    }
    const before = data.samples[Math.max(low - 1, 0)];
    const after = data.samples[low];
    const nearest = Math.abs(before[0] - at) < Math.abs(after[0] - at) ? before : after;
    return Math.abs(nearest[0] - at) <= Math.max((data.to - data.from) / 100, 1000) ? nearest : null;
  }

  function sampleLines([, memory, level, containers, disk]) {
    const lines = [];
    if (memory !== null) lines.push("memory " + size(memory));
    if (level !== null) lines.push(level < 0 ? "the engine did not answer" : "level " + data.levels[level]);
    if (containers !== null) lines.push("containers " + containers);
    if (disk !== null) lines.push("free disk space " + size(disk));
    return lines.length ? [lines.join(", ")] : [];
  }

  function barLines(at) {
    const reach = (data.to - data.from) / 250;
    const lines = [];
    for (const lane of data.lanes) {
      if (lane.category !== null && isHidden(lane.category)) continue;
      const here = lane.bars.filter(([from, to]) => from - reach <= at && at <= to + reach);
      here.sort((a, b) => distance(a, at) - distance(b, at));
      here.slice(0, 3).forEach(([, , text]) => lines.push(lane.name + " \u2013 " + text));
      if (here.length > 3) lines.push(lane.name + " \u2013 and " + (here.length - 3) + " more");
    }
    return lines;
  }

  function distance([from, to], at) {
    return Math.max(from - at, at - to, 0);
  }

  function timeText(at) {
    const date = new Date(at);
    const utc = date.toISOString().slice(0, 19).replace("T", " ") + " UTC";
    return date.getTimezoneOffset() ? utc + " (" + date.toLocaleString() + " here)" : utc;
  }

  function show(at, left, top) {
    const sample = nearestSample(at);
    const lines = [timeText(at), ...(sample ? sampleLines(sample) : []), ...barLines(at)];
    if (lines.length === 1) lines.push("nothing was recorded here");
    tip.replaceChildren(...lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph;
    }));
    tip.hidden = false;
    const x = left + 16 + tip.offsetWidth > innerWidth ? left - 16 - tip.offsetWidth : left + 16;
    tip.style.left = Math.max(4, Math.min(x, innerWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, Math.min(top + 16, innerHeight - tip.offsetHeight - 4)) + "px";
    moment = at;
    drawCursor();
  }

  function hide() {
    tip.hidden = true;
    moment = null;
    drawCursor();
  }

  function drawCursor() {
    const x = data && moment !== null ? ((moment - data.from) / (data.to - data.from)) * 1000 : -10;
    document.querySelectorAll(".cursor").forEach((cursor) => cursor.setAttribute("d", "M" + x.toFixed(1) + " 0v1000"));
  }

  function follow(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    show(data.from + share * (data.to - data.from), event.clientX, event.clientY);
  }

  // Arrows go from sample to sample, or by a hundredth where there are none; with Shift ten times as far.
  function step(event) {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") return hide();
    if (!direction) return undefined;
    event.preventDefault();
    const steps = direction * (event.shiftKey ? 10 : 1);
    let at = moment === null ? (direction > 0 ? data.from : data.to) : moment + (steps * (data.to - data.from)) / 200;
    at = Math.min(Math.max(at, data.from), data.to);
    const box = event.currentTarget.getBoundingClientRect();
    return show(at, box.left + (box.width * (at - data.from)) / (data.to - data.from), box.top + box.height / 2);
  }

  function watchPlots() {
    const places = document.querySelectorAll(".canvas");
    places.forEach((place) => {
      // The browser would show it above the values.
      place.querySelector("title")?.remove();
      place.addEventListener("pointermove", follow);
      place.addEventListener("pointerdown", follow);
      place.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    });
    document.querySelectorAll(".plot .canvas").forEach((place) => {
      place.setAttribute("tabindex", "0");
      place.addEventListener("keydown", step);
      place.addEventListener("blur", hide);
    });
    drawCursor();
  }

  // Categories.

  function nameOf(number) {
    return document.querySelector(`[data-category="${number}"]`)?.textContent;
  }

  function isHidden(number) {
    return state.hidden.has(nameOf(number));
  }

  function showCategories() {
    document.querySelectorAll("[data-category]").forEach((button) => {
      button.setAttribute("aria-pressed", String(!state.hidden.has(button.textContent)));
    });
    const hidden = new Map();
    document.querySelectorAll("[data-c]").forEach((part) => {
      const number = part.dataset.c;
      if (!hidden.has(number)) hidden.set(number, isHidden(number));
      part.style.display = hidden.get(number) ? "none" : "";
    });
  }

  function watchCategories() {
    document.querySelectorAll("[data-category]").forEach((button) => {
      button.addEventListener("click", () => {
        const name = button.textContent;
        if (!state.hidden.delete(name)) state.hidden.add(name);
        saveState();
        showCategories();
      });
    });
    showCategories();
  }

  // Sorting.

  function valueOf(row, column) {
    const cell = row.cells[column];
    const text = cell.textContent;
    if (text === "\u2013") return null;
    const number = Number(cell.dataset.v ?? text);
    return text !== "" && !Number.isNaN(number) ? number : text;
  }

  // What is unknown comes last, whichever way the rest goes.
  function compare(a, b) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : Number(a !== b);
    return state.isDescending ? -order : order;
  }

  function sortRuns() {
    const table = document.getElementById("runs");
    if (!table) return;
    const headers = [...table.tHead.rows[0].cells];
    const column = headers.findIndex((header) => header.textContent === state.sort);
    headers.forEach((header, index) => {
      const order = state.isDescending ? "descending" : "ascending";
      header.setAttribute("aria-sort", index === column ? order : "none");
    });
    if (column < 0) return;
    const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
    rows.sort(([a], [b]) => compare(a, b));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  function watchHeaders() {
    const headers = document.querySelectorAll("#runs thead th");
    headers.forEach((header, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = "sort-" + index;
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        const name = button.textContent;
        state.isDescending = state.sort === name ? !state.isDescending : false;
        state.sort = name;
        saveState();
        sortRuns();
      });
    });
    sortRuns();
  }

  // Reloading: only the content is replaced, so that choices, focus and scrolling stay.

  async function reload() {
    const said = () => document.getElementById("said");
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
      if (!answer.ok) throw new Error("the server answered " + answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content");
      if (!fresh) throw new Error("the answer is no report");
      replaceContent(document.adoptNode(fresh));
      said().textContent = "";
    } catch (error) {
      said().textContent = "cannot reload: " + error.message;
    }
  }

  function replaceContent(fresh) {
    const focus = document.activeElement;
    const place = focus?.closest("figure")?.id;
    const scrolled = [...document.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    const seen = moment;
    const isTipHidden = tip.hidden;
    document.getElementById("content").replaceWith(fresh);
    start();
    document.querySelectorAll(".scroll").forEach((box, index) => {
      [box.scrollLeft, box.scrollTop] = scrolled[index] ?? [0, 0];
    });
    const again = place ? document.querySelector("#" + place + " .canvas") : focus?.id && document.getElementById(focus.id);
    if (again) again.focus({ preventScroll: true });
    moment = seen;
    tip.hidden = isTipHidden;
    drawCursor();
  }

  function watchReload() {
    if (!isLive) return;
    document.getElementById("live").hidden = false;
    document.getElementById("reload").addEventListener("click", reload);
    const every = document.getElementById("every");
    every.checked = !state.isPaused;
    every.addEventListener("change", () => {
      state.isPaused = !every.checked;
      saveState();
    });
  }

  function start() {
    const source = document.getElementById("data");
    data = source ? JSON.parse(source.textContent) : null;
    document.documentElement.classList.add("js");
    watchReload();
    if (!data) return;
    watchPlots();
    watchCategories();
    watchHeaders();
  }

  start();
  if (isLive) setInterval(() => !state.isPaused && !document.hidden && reload(), RELOAD_MS);
})();
