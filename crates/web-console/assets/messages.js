// The log as it is written. New lines go on top while their reader follows and sees the top; else they wait behind a button,
// so that nothing moves under somebody's eyes.
import { localTimes } from "./console.js";
import { plain } from "./live.js";

const ROWS_MAX = 2_000;
const PAUSE_MS = 200;
const rows = document.querySelector("[data-log]");
const bar = document.querySelector("[data-log-bar]");
const state = bar?.querySelector("[data-log-state]");
const pause = bar?.querySelector("[data-log-pause]");
const fresh = bar?.querySelector("[data-log-new]");
const waiting = [];
let follows = true;

function keyOf(at, message) {
  return `${at}\n${message}`;
}

// Lines that the page has already: the stream begins with some of them, and with older ones that are on the next page.
const known = new Set();
let oldest = "";
function noteShown() {
  for (const row of rows.querySelectorAll("tr")) {
    known.add(keyOf(row.dataset.at, row.querySelector("[data-message]").textContent));
    if (!oldest || row.dataset.at < oldest) oldest = row.dataset.at;
  }
}

// What hides letters or turns their direction is made visible, as the page does it.
// In microseconds and with Z, as the page has it: times compare as texts.
function wholeTime(at) {
  const [, second, part = ""] = /^([^.Z]*)(?:\.(\d+))?Z$/.exec(at) ?? [null, at];
  return `${second}.${part.padEnd(6, "0").slice(0, 6)}Z`;
}

function fill(line) {
  const template = document.querySelector(`template[data-log-level="${CSS.escape(line.level)}"]`);
  const row = template.content.firstElementChild.cloneNode(true);
  const time = row.querySelector("time");
  row.dataset.at = line.at;
  time.dateTime = line.at;
  time.title = time.textContent = `${line.at.replace("T", " ").replace("Z", "")} UTC`;
  row.querySelector("[data-message]").textContent = line.message;
  row.querySelector("[data-target]").textContent = plain(line.target);
  const fields = Object.entries(line.fields ?? {});
  row.querySelector("[data-fields]").textContent = fields
    .map(([name, value]) => plain(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`) + " ")
    .join("");
  row.classList.add("changed");
  return row;
}

function showWaiting() {
  rows.prepend(...waiting.splice(0).reverse().map(fill));
  document.querySelector("[data-log-table]").hidden = false;
  document.querySelector("[data-log-empty]").hidden = true;
  localTimes(rows);
  showState();
}

function showState(text) {
  fresh.hidden = waiting.length === 0;
  fresh.textContent = (waiting.length === 1 ? fresh.dataset.one : fresh.dataset.more).replace("#", String(waiting.length));
  pause.textContent = follows ? pause.dataset.pause : pause.dataset.continue;
  state.textContent = text ?? (follows ? state.dataset.follows : state.dataset.paused);
}

function isTopSeen() {
  const top = rows.closest("[data-log-table]").getBoundingClientRect().top;
  return rows.childElementCount === 0 || (top >= 0 && top < window.innerHeight);
}

function isFull() {
  return rows.childElementCount + waiting.length >= ROWS_MAX;
}

function take(line) {
  line.at = wholeTime(line.at);
  line.message = plain(line.message);
  const key = keyOf(line.at, line.message);
  if (line.at < oldest || known.has(key)) return;
  known.add(key);
  waiting.push(line);
}

// Lines come in groups.
let isPlanned = false;
function plan() {
  if (isPlanned || waiting.length === 0) return;
  isPlanned = true;
  setTimeout(show, PAUSE_MS);
}

function show() {
  isPlanned = false;
  if (isFull()) {
    follows = false;
    source.close();
    showState(state.dataset.full);
  } else if (follows && isTopSeen()) showWaiting();
  else showState();
}

let source;
if (rows?.dataset.stream) {
  noteShown();
  bar.hidden = false;
  source = new EventSource(rows.dataset.stream);
  source.onopen = () => showState();
  source.onmessage = ({ data }) => {
    take(JSON.parse(data));
    plan();
  };
  source.onerror = () => showState(source.readyState === EventSource.CLOSED ? state.dataset.ended : state.dataset.lost);
  pause.addEventListener("click", () => {
    follows = !follows;
    if (follows) showWaiting();
    else showState();
  });
  fresh.addEventListener("click", () => {
    showWaiting();
    rows.firstElementChild?.scrollIntoView({ block: "nearest" });
  });
  showState();
}
