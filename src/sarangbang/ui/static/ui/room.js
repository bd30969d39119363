/* Small help for pages that already work without it. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);
  document.documentElement.classList.add("js");

  // Countdowns: <p class="countdown" data-until="2026-12-08T01:30:00Z"><b data-left>10:00</b> …
  // data-now is the server's clock when the page was made, so that a wrong clock on the phone does not matter.
  const start = (box) => {
    const skew = box.dataset.now ? Date.parse(box.dataset.now) - Date.now() : 0;
    const until = Date.parse(box.dataset.until);
    const face = box.querySelector("[data-left]");
    if (!face || Number.isNaN(until)) return;
    const tick = () => {
      const left = Math.max(0, Math.round((until - Date.now() - skew) / 1000));
      face.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      box.classList.toggle("soon", left < 120);
      if (left > 0) return;
      clearInterval(timer);
      const over = box.querySelector("[data-over]");
      if (over) over.hidden = false;
    };
    const timer = setInterval(tick, 1000);
    tick();
  };

  // A form goes out once; coming back with the browser's button sets it free.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (event.defaultPrevented || form.method !== "post" || (button && button.name === "_keep")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    if (button) button.classList.add("waiting");
    setTimeout(() => free(form), 15000);
  });
  const free = (form) => {
    delete form.dataset.sent;
    all(".waiting", form).forEach((button) => button.classList.remove("waiting"));
  };
  addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(free); });

  // The device's time zone fills a field that is still empty: <input type="hidden" data-fill-zone> or a select.
  const fillZone = (field) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone || field.dataset.fillZone === "kept") return;
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === zone)) {
      field.add(new Option(zone.split("/").pop().replaceAll("_", " "), zone));
    }
    field.value = zone;
  };

  // Copying: <button data-copy="#address" data-done="Copied">
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (button && "print" in button.dataset) return print();
    if (button) {
      const source = document.querySelector(button.dataset.copy);
      if (source) navigator.clipboard.writeText(source.value || source.href || source.textContent.trim()).then(() => {
        button.textContent = button.dataset.done || button.textContent;
      });
    }
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details[data-menu][open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });

  const prepare = (root) => {
    all("[data-until]", root).forEach(start);
    all("[data-fill-zone]", root).forEach(fillZone);
  };
  prepare(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) prepare(event.target); });
  const summary = document.querySelector(".summary");
  if (summary) summary.focus();
})();
