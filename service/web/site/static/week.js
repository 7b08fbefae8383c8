// When a newer ranking is there than the one that is being read, it is offered, not put in its place.
"use strict";
document.addEventListener("litwatch:swapped", () => {
  const fresh = document.getElementById("fresh");
  const list = document.getElementById("list");
  const offer = fresh?.querySelector("[data-newer]");
  if (offer && list) offer.hidden = fresh.dataset.at === list.dataset.at;
});
