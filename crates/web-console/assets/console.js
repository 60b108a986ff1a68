// What every page does. Each part looks for its own marks in the page; a page without JavaScript works as well.
import { enhanceForms, restoreTyped } from "./forms.js";
import { onPatch, startLive } from "./live.js";
import { enhanceTables } from "./tables.js";
import { enhanceDialogs } from "./dialogs.js";

// Opens and closes what a button names.
for (const button of document.querySelectorAll("[data-toggle]")) {
  button.addEventListener("click", () => {
    const target = document.getElementById(button.dataset.toggle);
    const open = target.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });
}

// Exact times in the zone of this machine, besides that of the bus.
export function localTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    if (time.dataset.local) continue;
    time.dataset.local = "1";
    time.title = `${format.format(new Date(time.dateTime))} · ${time.title}`;
  }
}

// Copies the text of what a button names.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.classList.add("copied");
  });
}

localTimes(document);
restoreTyped();
for (const enhance of [enhanceForms, enhanceTables, enhanceDialogs]) enhance(document);
for (const enhance of [localTimes, enhanceForms, enhanceTables, enhanceDialogs]) onPatch(enhance);
startLive();
