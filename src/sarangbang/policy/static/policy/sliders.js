/* A slider beside every number of the workbook. The number stays what is sent; without this script it is typed. */
(() => {
  "use strict";
  for (const field of document.querySelectorAll("input[data-slide]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = "0";
    slider.max = String(Math.max(Number(field.dataset.slide), Number(field.value) || 0));
    slider.step = field.dataset.step;
    slider.value = field.value || "0";
    slider.setAttribute("aria-labelledby", `${field.id}_slider`);
    const label = document.querySelector(`label[for="${field.id}"]`);
    if (label) label.id = `${field.id}_slider`;
    slider.addEventListener("input", () => { field.value = slider.value; });
    field.addEventListener("input", () => { slider.value = field.value; });
    field.after(slider);
  }
})();
