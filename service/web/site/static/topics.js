// Tuning a topic: the line on the histogram, and the preview that comes by itself.
"use strict";

{
  const form = () => document.getElementById("tune");

  function shade(percent) {
    const bars = [...document.querySelectorAll("#bars .bar:not(.was)")];
    bars.forEach((bar, n) => bar.classList.toggle("above", (n + 0.5) / bars.length >= percent / 100));
  }

  // Touching a number chooses the way of drawing the line that it is of.
  document.addEventListener("input", ({ target }) => {
    const choice = target.dataset?.chooses && document.getElementById(target.dataset.chooses);
    if (choice) choice.checked = true;
    if (target.id === "cutoff") shade(target.value);
  });

  // Where the line is not where it was drawn by hand, the slider follows the preview.
  function follow() {
    const slider = document.getElementById("cutoff");
    const line = document.getElementById("bars")?.dataset.line;
    if (!slider || !line) return;
    if (document.getElementById("line-cutoff").checked) return shade(slider.value);
    slider.value = line;
    document.getElementById("cutoff-shown").textContent = slider.value;
  }

  function later() {
    const panel = document.querySelector("#preview[data-preview-in]");
    if (!panel || !form()) return;
    const wait = Number(panel.dataset.previewIn);
    panel.removeAttribute("data-preview-in");
    const ask = () => {
      if (!panel.isConnected) return;
      if (document.hidden) return void setTimeout(ask, 1000);
      form().requestSubmit(form().querySelector("[data-preview]"));
    };
    setTimeout(ask, wait);
  }

  document.addEventListener("litwatch:swapped", () => {
    follow();
    later();
  });
  later();
}
