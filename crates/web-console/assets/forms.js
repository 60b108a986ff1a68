// Forms: sent by a script where they are marked `data-enhance`, so that what was typed stays when something is wrong; what
// was typed survives a session that has ended (secrets and files do not).

const TYPED = "typed:";

export function enhanceForms(root) {
  for (const form of root.querySelectorAll("form[data-enhance]")) form.addEventListener("submit", send);
  for (const form of root.querySelectorAll("form[data-token-from-hash]")) {
    readHash(form);
    // A link that is opened where its page is open already changes only what stands behind #.
    addEventListener("hashchange", () => readHash(form));
  }
  // Choosing is applying.
  for (const field of root.querySelectorAll("form[data-apply] select, form[data-apply] input[type=checkbox]"))
    field.addEventListener("change", () => field.form.requestSubmit());
  for (const box of root.querySelectorAll("[data-needs]")) watchNeeds(box);
}

// A token stands behind # in the address: it is sent to no server on the way there, and taken out of the address at once.
function readHash(form) {
  const name = form.dataset.tokenFromHash;
  const token = new URLSearchParams(location.hash.slice(1)).get(name);
  if (!token) return;
  form.elements[name].value = token;
  history.replaceState(null, "", location.pathname + location.search);
  if ("sendAtOnce" in form.dataset) form.requestSubmit();
}

// A button stays disabled until the fields that it needs are right: `data-needs="FIELD=VALUE FIELD"`.
function watchNeeds(button) {
  const check = () => checkNeeds(button);
  button.form.addEventListener("input", check);
  button.form.addEventListener("change", check);
  check();
}

function checkNeeds(button) {
  button.disabled = !button.dataset.needs.split(" ").every((need) => {
    const [name, value] = need.split("=");
    const field = button.form.elements[name];
    if (!field) return true;
    if (field.type === "checkbox") return field.checked;
    return value === undefined ? field.value !== "" : field.value.trim() === value;
  });
}

async function send(event) {
  const form = event.currentTarget;
  if (form.dataset.native) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const hasFile = [...body.values()].some((value) => value instanceof File);
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  for (const button of buttons) button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, {
      method: "POST",
      body: hasFile ? body : new URLSearchParams(body),
      headers: { "x-form-token": document.querySelector("meta[name=form-token]").content, accept: "text/html" },
      redirect: "follow",
    });
    if (answer.redirected || answer.ok) {
      if (new URL(answer.url).pathname.endsWith("/sign-in") && !location.pathname.endsWith("/sign-in")) keepTyped(form);
      location.assign(answer.url);
      return;
    }
    showProblem(form, await answer.text());
  } catch {
    showProblem(form, "");
  }
  for (const button of buttons) button.disabled = false;
  for (const button of form.querySelectorAll("[data-needs]")) checkNeeds(button);
  form.removeAttribute("aria-busy");
}

// Takes what is wrong out of the page that came back, and leaves the fields as they are.
function showProblem(form, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const action = form.getAttribute("action");
  const same = [...page.querySelectorAll("form")].find((other) => other.getAttribute("action") === action) ?? page;
  const shown = same.querySelector("[data-problem]") ?? page.querySelector("[data-problem]");
  let place = form.querySelector("[data-problem]") ?? document.querySelector("[data-problem]");
  if (!place) {
    place = document.createElement("div");
    place.className = "problem";
    place.setAttribute("role", "alert");
    place.dataset.problem = "";
    form.prepend(place);
  }
  place.replaceChildren(...(shown ? [...shown.childNodes].map((node) => document.importNode(node, true)) : [document.createTextNode("…")]));
  for (const part of same.querySelectorAll("[data-code], [data-field-problem]")) {
    const key = part.hasAttribute("data-code") ? "[data-code]" : `[data-field-problem="${CSS.escape(part.dataset.fieldProblem)}"]`;
    const own = form.querySelector(key);
    if (!own) continue;
    own.hidden = part.hidden;
    if (part.hasAttribute("data-field-problem")) own.replaceChildren(...[...part.childNodes].map((node) => document.importNode(node, true)));
  }
  for (const field of form.elements) {
    if (!field.name) continue;
    const other = same.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (other?.getAttribute("aria-invalid")) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const first = form.querySelector("[aria-invalid=true]") ?? form.querySelector("[data-code]:not([hidden]) input") ?? place;
  if (!first.matches("input, select, textarea")) first.tabIndex = -1;
  first.focus();
}

function keepTyped(form) {
  const fields = [...form.elements].filter((field) => field.name && !["password", "file", "hidden"].includes(field.type));
  const typed = fields.map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? field.checked : field.value]);
  sessionStorage.setItem(TYPED + location.pathname + location.search, JSON.stringify({ action: form.getAttribute("action"), typed }));
}

export function restoreTyped() {
  const key = TYPED + location.pathname + location.search;
  const kept = sessionStorage.getItem(key);
  if (!kept) return;
  sessionStorage.removeItem(key);
  const { action, typed } = JSON.parse(kept);
  const form = [...document.forms].find((other) => other.getAttribute("action") === action);
  if (!form) return;
  const rest = [...form.elements];
  for (const [name, value] of typed) {
    const at = rest.findIndex((field) => field.name === name);
    if (at < 0) continue;
    const [field] = rest.splice(at, 1);
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
  }
}
