// A backup goes to the browser as a file, so the page stays as it is: its SHA-256 is fetched as soon as the audit trail has
// it.
const PAUSE_MS = 3_000;
const TRIES = 40;
const part = document.querySelector("[data-backups]");

async function fetchBackups() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-backups]");
  const hash = (root) => root.querySelector("tbody code")?.textContent;
  const rows = (root) => root.querySelectorAll("tbody tr").length;
  if (!fresh || (hash(fresh) === hash(part) && rows(fresh) === rows(part))) return false;
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  return true;
}

async function watchBackups() {
  for (let tried = 0; tried < TRIES; tried++) {
    await new Promise((next) => setTimeout(next, PAUSE_MS));
    if (await fetchBackups().catch(() => false)) return;
  }
}

document.querySelector("form[data-backup]")?.addEventListener("submit", watchBackups);
