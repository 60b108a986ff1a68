// Checks of the wizard: run by their buttons, by themselves where a page has nothing else, and beside questions when somebody
// rests; each step is painted when it comes.
import { localTimes } from "./console.js";
import { readField } from "./wizard_answers.js";
import { readStream, sendForm, toNodes } from "./wizard_stream.js";

/// A step in the place of the earlier one of its key.
export function paintStep(list, { key, html }) {
  const [node] = toNodes(html).filter((one) => one instanceof HTMLElement);
  node.dataset.key = key;
  const old = [...list.children].find((one) => one.dataset.key === key);
  if (old) old.replaceWith(node);
  else list.append(node);
  localTimes(node);
}

/// `wizard`: form, words, and what to do with what a check found.
export function makeChecks(wizard) {
  const { box, form } = wizard;
  const running = new WeakMap();

  async function runCheck(checkBox, { quiet = false } = {}) {
    running.get(checkBox)?.abort();
    const abort = new AbortController();
    running.set(checkBox, abort);
    const action = checkBox.dataset.action ?? checkBox.dataset.look;
    const end = checkBox.querySelector("[data-check-end]");
    checkBox.querySelector("[data-steps]").replaceChildren();
    end.textContent = box.dataset.wordRunning;
    checkBox.dataset.ran = "1";
    checkBox.setAttribute("aria-busy", "true");
    try {
      const path = `${box.dataset.root}/check/${encodeURIComponent(action)}`;
      const answer = await sendForm(path, new FormData(form), abort.signal);
      if (!answer) return;
      if (answer.ok) await readStream(answer.body, (event) => paintEvent(checkBox, event, quiet));
      else end.replaceChildren(...toNodes(await answer.text()));
    } catch {
      if (!abort.signal.aborted) end.textContent = box.dataset.wordLost;
    } finally {
      if (running.get(checkBox) === abort) checkBox.removeAttribute("aria-busy");
    }
  }

  function paintEvent(checkBox, event, quiet) {
    const list = checkBox.querySelector("[data-steps]");
    if (event.kind === "step") {
      paintStep(list, event);
      return;
    }
    const own = checkBox.closest("[data-field]")?.dataset.field;
    // A look that began by itself is silent about what is wrong elsewhere.
    const isOthers = quiet && !list.children.length && !event.problems.some((problem) => problem.field === own);
    checkBox.querySelector("[data-check-end]").replaceChildren(...(isOthers ? [] : toNodes(event.html)));
    wizard.takeVerdict(checkBox.dataset.action, event.passed, isOthers ? [] : event.problems);
  }

  const isDue = (one) => !one.dataset.ran && !wizard.listPassed().includes(one.dataset.action);
  const offered = (page) => [...page.querySelectorAll("[data-action]:not([hidden])")];

  /// A page of checks alone runs them when it is opened; the first scan is previewed by its button.
  function runOnEntry(page) {
    const isLocked = page.querySelector("[data-open]").hidden;
    if (page.dataset.kind === "preview" || isLocked || page.querySelector("[data-field]:not([hidden])")) return;
    for (const one of offered(page).filter(isDue)) runCheck(one);
  }

  /// Beside questions, where nothing is wrong with the answers.
  function runAtRest(page) {
    if (page === wizard.currentPage() && !wizard.verdictOf(page)?.problems.length) {
      for (const one of offered(page).filter(isDue)) runCheck(one);
    }
  }

  /// The looks at a field; where a secret is looked at, every secret of its page brings the look.
  function lookAt(field) {
    const isSecret = field.hasAttribute("data-secret");
    const looks = field.closest("[data-page]").querySelectorAll("[data-field]:not([hidden]) [data-look]");
    for (const look of looks) {
      const own = look.closest("[data-field]");
      const isOwn = own === field && (isSecret || readField(own).some((value) => value !== ""));
      const isBeside = own !== field && isSecret && own.hasAttribute("data-secret");
      if (isOwn || isBeside) runCheck(look, { quiet: true });
    }
  }

  return { runCheck, runOnEntry, runAtRest, lookAt };
}
