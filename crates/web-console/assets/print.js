// Pages that are printed: the button that does it.
for (const button of document.querySelectorAll("[data-print]"))
  button.addEventListener("click", () => window.print());
