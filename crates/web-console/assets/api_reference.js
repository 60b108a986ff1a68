// The API to read: hides what does not have the text that is looked for, and opens the type that a link leads to.
const field = document.querySelector("[data-find]");
const items = [...document.querySelectorAll("[data-find-item]")];
const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
const none = document.querySelector("[data-find-none]");

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of items) {
    item.hidden = !words.every((word) => texts.get(item).includes(word));
    if (!item.hidden) shown += 1;
  }
  for (const group of document.querySelectorAll("[data-find-group]"))
    group.hidden = !group.querySelector("[data-find-item]:not([hidden])");
  if (none) none.hidden = shown > 0;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
    // The bar stays on top.
    scrollBy(0, -document.querySelector("header.bar").offsetHeight - 8);
  }
}

field?.addEventListener("input", filter);
addEventListener("hashchange", openTarget);
openTarget();
