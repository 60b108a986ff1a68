// What is sent is what was shown: a change in the form above holds the form below back until it was shown anew. What was
// typed below goes along.

for (const choices of document.querySelectorAll("form[data-stales]")) {
  const send = document.getElementById(choices.dataset.stales);
  if (!send) continue;
  choices.addEventListener("input", () => {
    send.elements.fresh.value = "";
    send.querySelector("[data-stale]").hidden = false;
    send.dispatchEvent(new Event("input"));
  });
  choices.addEventListener("formdata", ({ formData }) => {
    for (const name of ["reason", "requestedBy"]) {
      if (send.elements[name].value) formData.set(name, send.elements[name].value);
    }
  });
}
