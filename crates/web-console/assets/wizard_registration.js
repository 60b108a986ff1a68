// Registering an application within the wizard: the button makes the key, and the check looks every few seconds how far
// somebody has come, until every step is green.
import { localTimes } from "./console.js";
import { readStream, sendForm, toNodes } from "./wizard_stream.js";

const PAUSE_MS = 5_000;

export function watchRegistration(wizard) {
  for (const field of wizard.form.querySelectorAll("[data-type=registration]")) watchField(wizard, field);
}

function watchField(wizard, field) {
  const { form, box, refresh, keep, currentPage, verdictOf, paintStep } = wizard;
  const id = field.querySelector("[data-registration-id]");
  const place = field.querySelector("[data-registration-place]");
  const begin = field.querySelector("[data-register]");
  const panel = () => place.querySelector("[data-registration]");
  let isChecking = false;
  let isDone = false;

  function put(page) {
    const part = page.querySelector("[data-registration]");
    if (!part) return false;
    place.replaceChildren(document.importNode(part, true));
    localTimes(place);
    place.querySelector("[data-drop-registration]").hidden = false;
    id.value = panel().dataset.registration;
    begin.hidden = true;
    isDone = false;
    return true;
  }

  function drop() {
    id.value = "";
    place.replaceChildren();
    begin.hidden = false;
    keep();
    refresh();
  }

  async function beginNew() {
    begin.querySelector("button").disabled = true;
    try {
      const answer = await sendForm(`${box.dataset.root}/registrations`, new FormData(form));
      if (!answer) return;
      const text = await answer.text();
      const page = new DOMParser().parseFromString(text, "text/html");
      if (put(page)) keep();
      else place.replaceChildren(...toNodes(text));
    } catch {
      place.textContent = box.dataset.wordLost;
    } finally {
      begin.querySelector("button").disabled = false;
    }
    refresh();
  }

  // One that was begun before; it may have been used, or be too old.
  async function fetchOld() {
    const answer = await fetch(`${box.dataset.root}/registrations/${encodeURIComponent(id.value)}`);
    if (!answer.ok || answer.redirected || !put(new DOMParser().parseFromString(await answer.text(), "text/html"))) drop();
  }

  async function check() {
    if (isChecking || !panel()) return;
    isChecking = true;
    const list = place.querySelector("[data-steps]");
    const end = place.querySelector("[data-check-end]");
    const seen = new Set();
    try {
      const answer = await sendForm(panel().dataset.checkPath, new FormData(form));
      if (!answer?.ok) return;
      await readStream(answer.body, (event) => {
        if (event.kind === "step") {
          seen.add(event.key);
          paintStep(list, event);
          return;
        }
        // What was not looked at this time is no news any more.
        for (const old of [...list.children]) if (seen.size && !seen.has(old.dataset.key)) old.remove();
        end.replaceChildren(...toNodes(event.html));
        isDone = event.passed;
      });
      if (!isDone) return;
      for (const way of place.querySelectorAll("details[open]")) way.open = false;
      refresh();
    } catch { /* the next look tells */ } finally {
      isChecking = false;
    }
  }

  // As soon as everything on the page is answered, and as long as somebody looks at it.
  function isWanted() {
    const page = field.closest("[data-page]");
    const isOpen = page === currentPage() && !field.hidden && document.visibilityState === "visible";
    return isOpen && panel() && !isDone && verdictOf(page)?.problems.length === 0;
  }

  setInterval(() => { if (isWanted()) check(); }, PAUSE_MS);
  form.addEventListener("input", () => { isDone = false; });
  field.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("beginRegistration" in button.dataset) { event.preventDefault(); beginNew(); }
    if ("checkRegistration" in button.dataset) { event.preventDefault(); check(); }
    if ("dropRegistration" in button.dataset) { event.preventDefault(); drop(); }
  });
  if (panel()) place.querySelector("[data-drop-registration]").hidden = false;
  else if (id.value) fetchOld();
}
