// Facts from the bus, as they happen: one stream a browser, held by one of its tabs and passed to the others. Pages patch
// cells by id, and never rebuild a list under somebody's hand.

const CHANNEL = "console-live";
const QUIET_MS = 40_000;
const listeners = new Map();

/// Calls `heard` with each fact of this kind.
export function onFact(kind, heard) {
  if (!listeners.has(kind)) listeners.set(kind, []);
  listeners.get(kind).push(heard);
}

function deliver(fact) {
  for (const heard of listeners.get(fact.kind) ?? []) heard(fact);
}

function showState(connected) {
  const place = document.querySelector("[data-live-state]");
  if (place) place.hidden = connected;
}

export function startLive() {
  const address = document.body.dataset.live;
  if (!address) return;
  const channel = new BroadcastChannel(CHANNEL);
  let last = Date.now();
  channel.onmessage = ({ data }) => {
    last = Date.now();
    if (data.kind === undefined) showState(data.state);
    else deliver(data);
  };
  const say = (message) => {
    last = Date.now();
    channel.postMessage(message);
    if (message.kind === undefined) showState(message.state);
    else deliver(message);
  };
  // Whoever holds the lock holds the stream; the lock goes to another tab when this one is closed.
  let isHolder = false;
  navigator.locks.request(CHANNEL, () => new Promise(() => {
    isHolder = true;
    holdStream(address, say);
  }));
  // Another tab holds the stream: what happened before this page listened was not heard here.
  setTimeout(() => { if (!isHolder) deliver({ kind: "begun" }); }, 1_000);
  setInterval(() => { if (Date.now() - last > QUIET_MS) showState(false); }, 5_000);
}

async function holdStream(address, say) {
  for (let pause = 1_000; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      const answer = await fetch(address, { headers: { accept: "text/event-stream" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) { say({ kind: "signedOut" }); return; }
      if (answer.ok) {
        say({ state: true });
        // What happened since the page was drawn, or since the stream broke off, was not heard.
        say({ kind: "begun" });
        pause = 1_000;
        await readEvents(answer.body, say);
      }
    } catch { /* told below */ }
    say({ state: false });
    await new Promise((next) => setTimeout(next, pause));
  }
}

async function readEvents(body, say) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    if (parts.length) say({ state: true });
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length) say(JSON.parse(data.join("\n")));
    }
  }
}

// Rows: `data-row="device:INSTANCE/ID"`, cells `data-cell="deviceName"`.
onFact("device", (fact) => {
  const row = document.querySelector(`[data-row="device:${CSS.escape(`${fact.instance}/${fact.deviceId}`)}"]`);
  if (!row) {
    if (fact.change !== "gone") countNew("device");
    return;
  }
  if (fact.change === "gone") { row.classList.add("gone"); return; }
  for (const cell of row.querySelectorAll("[data-cell]")) {
    const value = fact[cell.dataset.cell];
    if (typeof value !== "string" || cell.dataset.words !== undefined) continue;
    const place = cell.querySelector("a") ?? cell;
    if (place.querySelector("time")) continue;
    if (place.textContent !== plain(value)) place.textContent = plain(value);
  }
  row.classList.remove("changed");
  void row.offsetWidth;
  row.classList.add("changed");
});

// Letters that hide or turn others are shown by their number, as the server shows them.
export function plain(text) {
  const name = (letter) => `<U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
  return text.replace(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]/gu, name);
}

function countNew(kind) {
  const notice = document.querySelector(`[data-new="${kind}"]`);
  if (!notice) return;
  const count = Number(notice.dataset.count ?? 0) + 1;
  notice.dataset.count = String(count);
  notice.querySelector("[data-new-count]").textContent = String(count);
  notice.hidden = false;
}

onFact("killSwitch", ({ on }) => {
  const link = document.querySelector("[data-kill-switch]");
  if (!link || link.classList.contains("on") === on) return;
  link.classList.toggle("on", on);
  link.textContent = on ? link.dataset.wordOn : link.dataset.wordOff;
});

const enhancers = [];

/// Calls `enhance` with each part that was drawn anew.
export function onPatch(enhance) {
  enhancers.push(enhance);
}

// Parts that the server draws: fetched anew, at most once a second, when a fact of their kind comes, and when facts may have
// been missed. Their focus, opened details and ticked boxes stay, as only parts whose text has changed are replaced. A part in
// which somebody types waits until they are elsewhere. One request at a time: an older answer never replaces a newer one.
let isRefreshDue = false;
let lastRefresh = Promise.resolve();

function refreshParts() {
  if (isRefreshDue) return;
  isRefreshDue = true;
  setTimeout(() => { lastRefresh = lastRefresh.then(fetchParts).catch(() => undefined); }, 1_000);
}

async function fetchParts() {
  isRefreshDue = false;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const pairs = [...page.querySelectorAll("[data-refresh]")].map((fresh) => [document.getElementById(fresh.id), fresh]);
  const waits = pairs.filter(([old, fresh]) => old && !patchPart(old, fresh));
  if (waits.length) addEventListener("focusout", refreshParts, { once: true });
}

const parts = [...document.querySelectorAll("[data-refresh]")];
const kinds = new Set(parts.flatMap((part) => [...part.dataset.refresh.split(" "), "begun", "lost"]));
for (const kind of kinds) onFact(kind, refreshParts);

// Whether something in it was typed and not sent, or is about to be.
function isTypedIn(part) {
  const fields = [...part.querySelectorAll("input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select")];
  return fields.some((field) => field === document.activeElement || (field.localName !== "select" && field.value !== field.defaultValue));
}

// What has the focus is found again by what it is: its id, or where it leads and what it says.
function nameElement(element) {
  const words = element.getAttribute("aria-label") ?? element.textContent.trim();
  return element.id || [element.localName, element.getAttribute("href"), element.form?.getAttribute("action"), element.name, element.value, words].join(" ");
}

// False: somebody types there, and it is still as it was.
function patchPart(old, fresh) {
  if (old.textContent === fresh.textContent) return true;
  if (isTypedIn(old)) return false;
  const active = document.activeElement;
  const focused = active !== old && old.contains(active) ? nameElement(active) : null;
  const opened = new Set([...old.querySelectorAll("details[open][id]")].map((details) => details.id));
  const ticked = new Set([...old.querySelectorAll("input:checked")].map((box) => `${box.name}=${box.value}`));
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  for (const details of old.querySelectorAll("details[id]")) if (opened.has(details.id)) details.open = true;
  for (const box of old.querySelectorAll("input[type=checkbox]")) if (ticked.has(`${box.name}=${box.value}`)) box.checked = true;
  for (const enhance of enhancers) enhance(old);
  if (focused) [...old.querySelectorAll("a, button, summary, input, [tabindex]")].find((other) => nameElement(other) === focused)?.focus({ preventScroll: true });
  return true;
}
