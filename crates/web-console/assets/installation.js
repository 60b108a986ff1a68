// An installation as it goes on: its items are drawn anew with every line of its journal. The answers of its wizard are kept
// until everything is installed.
import { localTimes } from "./console.js";
import { readStream, signInAgain, toNodes } from "./wizard_stream.js";

const ENDED = ["installed", "failed", "removed"];
const place = document.querySelector("[data-journal]");
const stateOf = () => place.querySelector("[data-installation-state]")?.dataset.installationState;

function show({ html }) {
  place.replaceChildren(...toNodes(html));
  localTimes(place);
}

async function follow() {
  for (let pause = 1_000; !ENDED.includes(stateOf()); pause = Math.min(pause * 2, 15_000)) {
    try {
      const answer = await fetch(place.dataset.journal, { headers: { accept: "text/event-stream" } });
      if (answer.redirected) { signInAgain(); return; }
      if (answer.ok) {
        pause = 1_000;
        await readStream(answer.body, show);
      }
    } catch { /* asked again below */ }
    if (!ENDED.includes(stateOf())) await new Promise((next) => setTimeout(next, pause));
  }
  if (stateOf() === "installed") localStorage.removeItem(`wizard:${place.dataset.forget}`);
}

if (place) follow();
