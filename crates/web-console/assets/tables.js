// Lists: ticking all rows of a page, "all that match", and how many are ticked.

export function enhanceTables(root) {
  for (const form of root.querySelectorAll("form[data-rows]")) enhanceRows(form);
}

function enhanceRows(form) {
  const all = form.querySelector("[data-all]");
  const boxes = () => [...form.querySelectorAll("input[name=row]")];
  const count = form.querySelector("[data-ticked]");
  const matching = form.querySelector("[data-matching]");
  const show = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (count) count.textContent = String(ticked);
    for (const part of form.querySelectorAll("[data-when-ticked]")) part.hidden = ticked === 0 && !matching?.checked;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && ticked < boxes().length;
    }
  };
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
}
