// When a newer ranking is there than the one that is being read, it is offered, not put in its place.
"use strict";
document.addEventListener("litwatch:swapped", () => {
  const fresh = document.getElementById("fresh");
  const list = document.getElementById("list");
  const offer = fresh?.querySelector("[data-newer]");
  if (offer && list) offer.hidden = fresh.dataset.at === list.dataset.at;
});

// A button that was pressed by keyboard is there anew with its entry: the focus goes to it again.
let last;
document.addEventListener("submit", (event) => {
  const entry = event.target.closest("[data-item]");
  last = entry && event.submitter === document.activeElement ? [entry.id, event.submitter.dataset.key] : undefined;
});
document.addEventListener("litwatch:swapped", () => {
  if (last && document.activeElement === document.body)
    document.getElementById(last[0])?.querySelector(`[data-key="${last[1]}"]`)?.focus({ preventScroll: true });
});
