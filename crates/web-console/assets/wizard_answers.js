// The fields of the wizard: reading and writing them, and keeping what they say in the browser, without secrets and files.

const KEPT_MS = 30 * 24 * 3_600_000;

export const inputsOf = (field) => [...field.querySelectorAll("[name^='f-']")];

/// What a field says: the values that are ticked, or its text.
export function readField(field) {
  const inputs = inputsOf(field);
  if (["radio", "checkbox"].includes(inputs[0]?.type)) return inputs.filter((input) => input.checked).map((input) => input.value);
  return inputs.map((input) => input.value);
}

function writeField(field, values) {
  for (const input of inputsOf(field)) {
    if (["radio", "checkbox"].includes(input.type)) input.checked = values.includes(input.value);
    else input.value = values[0] ?? "";
  }
}

const openFields = (form) => [...form.querySelectorAll("[data-field]:not([data-secret])")];

/// Keeps the answers of a form, and where somebody is.
export function keepAnswers(key, form, place) {
  const answers = Object.fromEntries(openFields(form).map((field) => [field.dataset.field, readField(field)]));
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), answers, ...place }));
  } catch { /* a full store keeps nothing */ }
}

/// Puts them back; `null` where there are none.
export function restoreAnswers(key, form) {
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(key));
  } catch { /* as if there were none */ }
  if (!kept || Date.now() - kept.at > KEPT_MS) return null;
  for (const field of openFields(form)) {
    const values = kept.answers[field.dataset.field];
    if (values) writeField(field, values);
  }
  return kept;
}

/// Words that change while somebody types, beside a field or a page.
export function writeProblem(place, problems) {
  const lines = problems.map(({ problem, advice }) => {
    const line = document.createElement("span");
    line.textContent = `${problem} ${advice} `;
    return line;
  });
  place.replaceChildren(...lines);
}

/// What saves typing: time zones to choose from, servers that are known, texts to copy.
export function helpTyping(form) {
  const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
  document.getElementById("zones")?.append(...["UTC", ...zones].map((zone) => new Option(zone, zone)));
  form.addEventListener("click", ({ target }) => {
    if (target.dataset?.addServer) addServer(target);
    if (target.dataset?.copy) copyText(target);
  });
}

function addServer(button) {
  const server = button.dataset.addServer;
  const [input] = inputsOf(button.closest("[data-field]"));
  const given = input.value.split(",").map((id) => id.trim()).filter((id) => id && id !== "*" && id !== server);
  input.value = [...given, server].join(", ");
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

async function copyText(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.classList.add("copied");
}
