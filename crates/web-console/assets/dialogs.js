// Dialogs: `data-dialog="ID"` opens one; it closes by its own buttons and Escape, and focus goes back to where it was.

export function enhanceDialogs(root) {
  for (const button of root.querySelectorAll("[data-dialog]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const dialog = document.getElementById(button.dataset.dialog);
      dialog.addEventListener("close", () => button.focus(), { once: true });
      dialog.showModal();
    });
  }
  for (const button of root.querySelectorAll("dialog [data-close]"))
    button.addEventListener("click", () => button.closest("dialog").close());
}
