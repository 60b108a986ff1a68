// What has changed since the last visit: its time stays in this browser alone. Nothing of it is needed to use the page.
import { localTimes } from "./console.js";

// Pages that are opened again within so long belong to the same visit.
const PAUSE_MS = 30 * 60_000;

const place = document.querySelector("[data-visit]");

function lastVisit() {
  const key = `visit:${place.dataset.visit}`;
  const now = Date.now();
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(key)) ?? {}; } catch { /* as if there was none */ }
  // `seen`: when this page was last open; `since`: end of the visit before this one.
  const since = kept.seen && now - kept.seen > PAUSE_MS ? kept.seen : kept.since;
  const keep = () => localStorage.setItem(key, JSON.stringify({ seen: Date.now(), since }));
  keep();
  addEventListener("pagehide", keep);
  return since;
}

function markNew(since) {
  let marked = 0;
  for (const part of document.querySelectorAll("[data-since]")) {
    const isNew = Date.parse(part.dataset.since) > since;
    const mark = part.querySelector("[data-new-mark]");
    if (mark && mark.hidden === isNew) mark.hidden = !isNew;
    if (isNew) marked += 1;
  }
  setText("[data-marked]", marked);
}

// Days are counted from the one on which the last visit was.
function sumDays(since) {
  const first = new Date(since).toISOString().slice(0, 10);
  for (const shown of document.querySelectorAll("[data-sum]")) {
    const names = shown.dataset.sum.split(" ");
    let sum = 0;
    for (const row of document.querySelectorAll("tr[data-day]")) {
      if (row.dataset.day < first) continue;
      for (const cell of row.querySelectorAll("[data-series]"))
        if (names.includes(cell.dataset.series)) sum += Number(cell.dataset.value);
    }
    setText(`[data-sum="${shown.dataset.sum}"]`, sum);
  }
}

function setText(selector, number) {
  const text = number.toLocaleString(document.documentElement.lang);
  const shown = place.querySelector(selector);
  if (shown.textContent !== text) shown.textContent = text;
}

function showVisit(since) {
  const at = new Date(since);
  const time = place.querySelector("[data-visit-time]");
  time.dateTime = at.toISOString();
  time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const refresh = () => { markNew(since); sumDays(since); };
  refresh();
  place.hidden = false;
  // Parts that are drawn anew come without marks.
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; refresh(); localTimes(document.getElementById("main")); }, 200);
  }).observe(document.getElementById("main"), { childList: true, subtree: true });
}

const since = place && lastVisit();
if (since) showVisit(since);
