// Devices: completion of names of fields in the expression, actions that fit what is ticked, and live facts in words.
import { onFact } from "./live.js";

// --- Names of fields ---

const CHOICES_MAX = 8;

// The word that ends at the caret; nothing within a text in quotes.
function wordBefore(field) {
  const before = field.value.slice(0, field.selectionStart);
  const quotes = before.replace(/\\./g, "").match(/["']/g)?.length ?? 0;
  if (quotes % 2 === 1) return "";
  return before.match(/(?<![.\w])[A-Za-z]\w*$/)?.[0] ?? "";
}

function listFields() {
  return [...document.querySelectorAll("input[data-field]")].map((box) => {
    const label = box.closest("label");
    return { name: box.value, label: label.textContent.trim(), meaning: label.title };
  });
}

function completeNames(field) {
  const list = document.getElementById(field.dataset.complete);
  const fields = listFields();
  let chosen = -1;
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const insert = (name) => {
    const end = field.selectionStart;
    const start = end - wordBefore(field).length;
    field.setRangeText(name, start, end, "end");
    close();
    field.focus();
  };
  const mark = (place) => {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    for (const option of options) option.classList.toggle("notice", option === options[chosen]);
    field.setAttribute("aria-activedescendant", options[chosen].id);
  };
  const open = () => {
    const word = wordBefore(field).toLowerCase();
    const isHit = ({ name, label }) => name.toLowerCase().includes(word) || label.toLowerCase().includes(word);
    const begins = ({ name }) => (name.toLowerCase().startsWith(word) ? 0 : 1);
    const hits = word ? fields.filter(isHit).sort((one, other) => begins(one) - begins(other)) : [];
    if (!hits.length || hits.some(({ name }) => name.toLowerCase() === word)) return close();
    list.replaceChildren(...hits.slice(0, CHOICES_MAX).map(({ name, label, meaning }, at) => {
      const option = document.createElement("li");
      const code = document.createElement("code");
      code.textContent = name;
      option.id = `${list.id}-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(code, ` ${label}${meaning ? ` · ${meaning}` : ""}`);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); insert(name); });
      option.dataset.name = name;
      return option;
    }));
    list.hidden = false;
    chosen = -1;
    field.setAttribute("aria-expanded", "true");
  };
  field.addEventListener("input", open);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) insert(list.children[chosen].dataset.name);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

for (const field of document.querySelectorAll("input[data-complete]")) completeNames(field);

// --- Actions that fit ---

function fitActions(bar) {
  const form = bar.closest("form");
  const show = () => {
    const ticked = [...form.querySelectorAll("input[name=row]:checked")].map((box) => box.dataset.platform);
    const all = form.querySelector("[data-matching]")?.checked ?? false;
    let shown = 0;
    for (const button of bar.querySelectorAll("button[data-platforms]")) {
      const platforms = button.dataset.platforms.split(" ");
      button.hidden = !all && !ticked.some((platform) => platforms.includes(platform));
      if (!button.hidden) shown += 1;
    }
    for (const part of bar.querySelectorAll("details, div.row"))
      part.hidden = [...part.querySelectorAll("button")].every((button) => button.hidden);
    const none = bar.querySelector("[data-no-action]");
    if (none) none.hidden = shown > 0;
  };
  form.addEventListener("change", show);
  show();
}

for (const bar of document.querySelectorAll("[data-action-bar]")) fitActions(bar);

// --- Live ---

// Words that the server has translated: `<datalist id="words-FIELD">`.
function showWord(cell, value) {
  const known = document.getElementById(`words-${cell.dataset.cell}`);
  if (!known || typeof value !== "string") return;
  const option = [...known.options].find((word) => word.value === value);
  const place = cell.querySelector(".state") ?? cell;
  const text = option?.textContent ?? value;
  if (place.textContent !== text) place.textContent = text;
  if (place.matches(".state")) place.className = `state ${option?.dataset.class ?? ""}`;
}

const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

function showTime(cell, value) {
  const time = cell.querySelector("time");
  const at = new Date(value);
  if (!time || Number.isNaN(at.getTime()) || new Date(time.dateTime).getTime() === at.getTime()) return;
  const seconds = Math.round((at - Date.now()) / 1_000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  const language = document.documentElement.lang;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" }).format(at);
  time.dateTime = value;
  time.title = `${exact} · ${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  time.textContent = new Intl.RelativeTimeFormat(language, { style: "short" }).format(Math.trunc(seconds / size), unit);
}

onFact("device", (fact) => {
  const row = document.querySelector(`[data-row="device:${CSS.escape(`${fact.instance}/${fact.deviceId}`)}"]`);
  if (!row) return;
  if (fact.change === "gone") {
    const notice = document.querySelector("[data-gone-notice]");
    if (notice) notice.hidden = false;
    return;
  }
  for (const cell of row.querySelectorAll("[data-cell]")) {
    const value = fact[cell.dataset.cell];
    if (typeof value !== "string") continue;
    if (cell.dataset.words !== undefined) showWord(cell, value);
    else if (cell.querySelector("time")) showTime(cell, value);
  }
});

// Too many at once to be told one by one.
function showStale() {
  const notice = document.querySelector("[data-stale]");
  if (notice) notice.hidden = false;
}
onFact("devicesChanged", showStale);
onFact("lost", showStale);
