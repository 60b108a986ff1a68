// The wizard: one form, of which one page at a time is shown. Answers are kept in the browser, without secrets and files;
// what is asked, wrong or missing the server says while somebody types; checks paint their steps as they are taken.
import { helpTyping, inputsOf, keepAnswers, readField, restoreAnswers, writeProblem } from "./wizard_answers.js";
import { makeChecks, paintStep } from "./wizard_checks.js";
import { watchRegistration } from "./wizard_registration.js";
import { sendForm, toNodes } from "./wizard_stream.js";

const TYPING_MS = 450;
const RESTING_MS = 1_500;

const box = document.querySelector("[data-wizard]");
const form = box.querySelector("form");
const key = `wizard:${box.dataset.wizard}`;
const pages = [...form.querySelectorAll("[data-page]")];
const isInstall = box.dataset.mode === "install";

const visited = new Set();
// What checks and the last step found wrong, by field, until it is answered anew.
const told = new Map();
let verdict = null;
let asked = 0;
let isTouched = false;

const pageNamed = (name) => pages.find((page) => page.dataset.page === name);
const fieldBox = (name) => form.querySelector(`[data-field="${CSS.escape(name)}"]`);
const shownPages = () => pages.filter((page) => page.dataset.leftOut === undefined);
const currentPage = () => pages.find((page) => page.classList.contains("current"));
const verdictOf = (page) => verdict?.pages.find((one) => one.name === page.dataset.page);
const problemPlace = (name) => fieldBox(name)?.querySelector("[data-field-problem]");

function keep() {
  if (isTouched) keepAnswers(key, form, { page: currentPage()?.dataset.page, visited: [...visited] });
}

function resume() {
  const kept = restoreAnswers(key, form);
  if (!kept) return null;
  isTouched = true;
  for (const name of kept.visited) visited.add(name);
  document.querySelector("[data-resumed]").hidden = false;
  return kept.page;
}

document.querySelector("[data-start-over]").addEventListener("click", () => {
  localStorage.removeItem(key);
  location.assign(box.dataset.path);
});

// What a check has come to.
function takeVerdict(action, passed, problems) {
  for (const problem of problems) told.set(problem.field, [problem]);
  if (action && passed) setPassed([...new Set([...listPassed(), action])]);
  paintProblems();
  paintStates();
  if (action) refresh();
}

const checks = makeChecks({ box, form, takeVerdict, listPassed: () => listPassed(), currentPage, verdictOf });

// Moving.

function show(name, { push = true, focus = true } = {}) {
  const page = pageNamed(name) && pageNamed(name).dataset.leftOut === undefined ? pageNamed(name) : shownPages()[0];
  for (const one of pages) {
    one.hidden = one !== page;
    one.classList.toggle("current", one === page);
  }
  for (const link of box.querySelectorAll("nav [data-go]")) {
    if (link.dataset.go === page.dataset.page) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  form.elements.page.value = page.dataset.page;
  const all = shownPages();
  page.querySelector("[data-back]").hidden = page === all[0];
  const next = page.querySelector("[data-next]");
  if (next) next.hidden = page === all.at(-1);
  const address = `${location.pathname}?${new URLSearchParams({ page: page.dataset.page })}`;
  if (push) history.pushState({ page: page.dataset.page }, "", address);
  else history.replaceState({ page: page.dataset.page }, "", address);
  if (focus) {
    page.tabIndex = -1;
    page.focus({ preventScroll: true });
    box.scrollIntoView({ block: "start" });
  }
  paintStates();
  if (verdict) checks.runOnEntry(page);
}

function goTo(name, push = true) {
  const from = currentPage();
  if (from) visited.add(from.dataset.page);
  show(name, { push });
  keep();
}

function goToField(name) {
  const field = fieldBox(name);
  const page = field?.closest("[data-page]");
  if (!page) return;
  if (page !== currentPage()) goTo(page.dataset.page);
  focusOn(field);
}

function focusOn(field) {
  const target = inputsOf(field).find((input) => input.type !== "hidden") ?? field.querySelector("button");
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}

window.addEventListener("popstate", ({ state }) => { if (state?.page) show(state.page, { push: false }); });

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go], [data-go-field]");
  if (!link || !box.contains(link)) return;
  event.preventDefault();
  if (link.dataset.goField) goToField(link.dataset.goField);
  else goTo(link.dataset.go);
});

async function goNext() {
  const page = currentPage();
  const busy = page.querySelector("[data-busy]");
  visited.add(page.dataset.page);
  busy.textContent = box.dataset.wordRunning;
  try {
    clearTimeout(typing);
    await refresh();
    const wrong = verdictOf(page)?.problems ?? [];
    if (wrong.length) {
      const field = fieldBox(wrong[0].field);
      if (field && !field.hidden) focusOn(field);
      return;
    }
    for (const action of missingOf(page)) await checks.runCheck(page.querySelector(`[data-action="${CSS.escape(action)}"]`));
    await refresh();
    if (missingOf(page).length) {
      page.querySelector("[data-anyway]:not([hidden]) input")?.focus();
      return;
    }
    const all = shownPages();
    const next = all[all.indexOf(page) + 1];
    if (next && page === currentPage()) goTo(next.dataset.page);
  } finally {
    busy.textContent = "";
  }
}

// Checks that have not passed, and without which nobody goes on.
function missingOf(page) {
  const skipped = [...page.querySelectorAll("input[name=anyway]:checked")].map((input) => input.value);
  return (verdictOf(page)?.missing ?? []).filter((action) => !skipped.includes(action));
}

// What is asked, wrong and missing.

async function refresh() {
  const number = ++asked;
  let answer;
  try {
    answer = await sendForm(`${box.dataset.root}/validate`, new FormData(form));
  } catch {
    return showLost(true);
  }
  if (!answer || number !== asked) return;
  if (!answer.ok) return showProblem(await answer.text());
  showLost(false);
  const found = await answer.json();
  if (number === asked) apply(found);
}

function showProblem(html) {
  const place = form.querySelector("[data-problem]");
  place.replaceChildren(...toNodes(html).flatMap((node) => [...(node.childNodes ?? [])]));
}

function showLost(lost) {
  const place = form.querySelector("[data-problem]");
  if (lost) {
    const text = document.createElement("p");
    text.textContent = box.dataset.wordLost;
    place.replaceChildren(text);
    place.dataset.lost = "1";
  } else if (place.dataset.lost) {
    place.replaceChildren();
    delete place.dataset.lost;
  }
}

function apply(found) {
  verdict = found;
  const locks = new Map(found.locks);
  for (const one of found.pages) {
    const page = pageNamed(one.name);
    if (!page) continue;
    const step = box.querySelector(`[data-step="${CSS.escape(one.name)}"]`);
    step.hidden = !one.shown;
    if (one.shown) delete page.dataset.leftOut;
    else page.dataset.leftOut = "";
    const lock = page.querySelector("[data-lock]");
    lock.hidden = !locks.has(one.name);
    lock.textContent = locks.get(one.name) ?? "";
    page.querySelector("[data-open]").hidden = locks.has(one.name);
    for (const field of page.querySelectorAll("[data-field]")) field.hidden = !one.asked.includes(field.dataset.field);
    for (const action of page.querySelectorAll("[data-action]")) action.hidden = !one.actions.includes(action.dataset.action);
  }
  setPassed(found.passed);
  for (const place of form.querySelectorAll("[data-runs]")) {
    const name = place.closest("[data-field]").dataset.field;
    place.textContent = found.runs.filter(([field]) => field === name).map(([, text]) => text).join(" ");
  }
  const summary = form.querySelector("[data-summary]");
  summary?.replaceChildren(...toNodes(found.summary));
  const open = form.querySelector("[data-open-points]");
  const points = summary?.querySelector(".notice");
  open?.replaceChildren(...(points ? [points.cloneNode(true)] : []));
  paintProblems();
  paintStates();
}

function setPassed(passed) {
  for (const old of form.querySelectorAll("[data-passed-check]")) old.remove();
  for (const action of passed) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "passed", value: action });
    input.dataset.passedCheck = "";
    form.append(input);
  }
  for (const one of form.querySelectorAll("[data-action]")) {
    const has = passed.includes(one.dataset.action);
    one.querySelector("[data-has-passed]").hidden = !has;
    const anyway = one.querySelector("[data-anyway]");
    if (anyway) anyway.hidden = has;
  }
}

const listPassed = () => [...form.querySelectorAll("[data-passed-check]")].map((input) => input.value);

// Beside each field of a page that somebody has left or tried to leave.
function paintProblems() {
  for (const page of pages) {
    const one = verdictOf(page);
    const found = visited.has(page.dataset.page) ? one?.problems ?? [] : [];
    const names = new Set();
    for (const field of page.querySelectorAll("[data-field]")) {
      const name = field.dataset.field;
      names.add(name);
      const wrong = found.filter((problem) => problem.field === name);
      const own = wrong.length ? wrong : told.get(name) ?? [];
      writeProblem(problemPlace(name), own);
      for (const input of inputsOf(field)) {
        if (["radio", "checkbox", "hidden"].includes(input.type)) continue;
        if (own.length) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
    writeProblem(page.querySelector("[data-page-problem]"), found.filter((problem) => !names.has(problem.field)));
  }
}

function paintStates() {
  for (const page of pages) {
    const one = verdictOf(page);
    const step = box.querySelector(`[data-step="${CSS.escape(page.dataset.page)}"]`);
    const isTold = [...page.querySelectorAll("[data-field]:not([hidden])")].some((field) => told.has(field.dataset.field));
    let state = "open";
    if (one && visited.has(page.dataset.page)) {
      if (one.problems.length || isTold) state = "wrong";
      else if (!one.lockedBy && !missingOf(page).length && page !== pages.at(-1)) state = "done";
    }
    const colour = { done: "good", wrong: "bad", open: "wait" }[state];
    step.querySelector("[data-dot]").className = `dot ${colour}`;
    step.querySelector("[data-state]").textContent = box.dataset[`word${state[0].toUpperCase()}${state.slice(1)}`];
  }
}

// Typing.

let typing = 0;
let resting = 0;
const lastSaid = new Map();

function answered(event) {
  const field = event.target.closest("[data-field]");
  if (event.target.name === "anyway") paintStates();
  if (!field) return;
  // Leaving a field is no answer.
  const said = JSON.stringify(readField(field));
  if (lastSaid.get(field) === said) return;
  lastSaid.set(field, said);
  isTouched = true;
  const page = field.closest("[data-page]");
  told.delete(field.dataset.field);
  keep();
  staleFrom(page);
  clearTimeout(typing);
  typing = setTimeout(refresh, TYPING_MS);
  clearTimeout(resting);
  resting = setTimeout(() => checks.runAtRest(page), RESTING_MS);
}

form.addEventListener("input", answered);
form.addEventListener("change", (event) => {
  answered(event);
  const field = event.target.closest("[data-field]");
  if (field) checks.lookAt(field);
});

// A check was about the answers up to its page: those that follow have to run again.
function staleFrom(page) {
  const at = pages.indexOf(page);
  const kept = listPassed().filter((action) => {
    const one = form.querySelector(`[data-action="${CSS.escape(action)}"]`);
    return one && pages.indexOf(one.closest("[data-page]")) < at;
  });
  setPassed(kept);
  for (const one of form.querySelectorAll("[data-action]")) {
    if (pages.indexOf(one.closest("[data-page]")) < at) continue;
    delete one.dataset.ran;
  }
}

// Sending.

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (!button || "first" in button.dataset) goNext();
  else if (button.dataset.check) checks.runCheck(button.closest("[data-check-box]"));
  else if ("submit" in button.dataset) submit(button);
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT" || ["checkbox", "radio", "file"].includes(event.target.type)) return;
  event.preventDefault();
  const page = currentPage();
  if (page !== shownPages().at(-1)) goNext();
});
for (const page of pages) {
  page.querySelector("[data-next]")?.addEventListener("click", goNext);
  page.querySelector("[data-back]").addEventListener("click", () => {
    const all = shownPages();
    goTo(all[Math.max(0, all.indexOf(page) - 1)].dataset.page);
  });
}

async function submit(button) {
  for (const page of shownPages()) visited.add(page.dataset.page);
  const body = new FormData(form);
  body.set("do", "submit");
  button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await sendForm(form.getAttribute("action"), body);
    if (!answer) return;
    if (answer.redirected) {
      if (!isInstall) localStorage.removeItem(key);
      location.assign(answer.url);
      return;
    }
    showRefusal(await answer.text());
  } catch {
    showLost(true);
  } finally {
    button.disabled = false;
    form.removeAttribute("aria-busy");
  }
}

// What the page that came back says: of the whole, of single fields, and of devices that have to be confirmed.
function showRefusal(text) {
  const other = new DOMParser().parseFromString(text, "text/html");
  const take = (from) => (from ? [...from.childNodes].map((node) => document.importNode(node, true)) : []);
  form.querySelector("[data-problem]").replaceChildren(...take(other.querySelector("[data-problem]")));
  const effect = form.querySelector("[data-effect]");
  effect?.replaceChildren(...take(other.querySelector("[data-effect]")));
  for (const place of other.querySelectorAll("[data-field-problem]")) {
    const name = place.dataset.fieldProblem.slice(2);
    const problem = place.textContent.trim();
    if (problem) told.set(name, [{ problem, advice: "" }]);
  }
  paintProblems();
  const page = other.querySelector("fieldset.current")?.dataset.page;
  if (page) show(page);
  const first = form.querySelector("[aria-invalid=true]") ?? effect?.querySelector("#number") ?? form.querySelector("[data-problem]");
  if (!first.matches("input, select, textarea")) first.tabIndex = -1;
  first.focus();
}

// Beginning.

helpTyping(form);
const query = new URLSearchParams(location.search);
if (box.dataset.mode === "change") for (const page of pages) visited.add(page.dataset.page);
const keptPage = resume();
for (const field of form.querySelectorAll("[data-field]")) lastSaid.set(field, JSON.stringify(readField(field)));
show(query.get("page") ?? form.elements.page.value ?? "", { push: false, focus: false });
if (keptPage && !query.has("page") && !query.has("field")) show(keptPage, { push: false, focus: false });
watchRegistration({ form, box, refresh, keep, currentPage, verdictOf, paintStep });
await refresh();
checks.runOnEntry(currentPage());
if (query.has("field")) goToField(query.get("field"));
