// What is sent is what was shown: a change in the form above holds the form below back until it was shown anew.

for (const choices of document.querySelectorAll("form[data-stales]")) {
  choices.addEventListener("input", () => {
    const send = document.getElementById(choices.dataset.stales);
    if (!send) return;
    send.elements.fresh.value = "";
    send.querySelector("[data-stale]").hidden = false;
    send.dispatchEvent(new Event("input"));
  });
}
