// What the pages of the wizard share: requests of their own, answers that come piece by piece, HTML that the server drew.

const base = document.querySelector("meta[name=base-path]").content;

/// Nodes of HTML that the server drew.
export function toNodes(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.body.childNodes].map((node) => document.importNode(node, true));
}

/// Where the session has ended: there, and back to this very page.
export function signInAgain() {
  const here = location.pathname.slice(base.length) + location.search;
  location.assign(`${base}/sign-in?${new URLSearchParams({ next: here, expired: "1" })}`);
}

/// Sends a form; `null` where the session has ended.
export async function sendForm(path, body, signal) {
  const answer = await fetch(path, {
    method: "POST",
    body,
    signal,
    headers: { "x-form-token": document.querySelector("meta[name=form-token]").content, accept: "text/html" },
  });
  if (answer.redirected && new URL(answer.url).pathname === `${base}/sign-in`) {
    signInAgain();
    return null;
  }
  return answer;
}

/// Server-sent events, each as JSON.
export async function readStream(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length) heard(JSON.parse(data.join("\n")));
    }
  }
}
