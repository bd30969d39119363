/* Keys for the calendar, which works without them. Letters can be turned off (WCAG 2.1.4). */
(() => {
  "use strict";
  const calendar = document.querySelector(".calendar");
  const off = "calendar-letters-off";
  const items = (column) => [...column.querySelectorAll("a.job, a.free")];
  const seen = (element) => element.offsetParent !== null;
  const press = (selector) => {
    const target = document.querySelector(selector);
    if (target) target.click();
    return Boolean(target);
  };
  const stored = () => { try { return localStorage.getItem(off) === "1"; } catch { return false; } };

  const box = document.querySelector("[data-letters]");
  if (box) {
    box.checked = !stored();
    box.addEventListener("change", () => { try { localStorage.setItem(off, box.checked ? "" : "1"); } catch { /* for this page only */ } });
  }
  const letters = () => (box ? box.checked : !stored());

  const LETTERS = {
    n: "[data-go=after]", p: "[data-go=before]", t: "[data-go=today]", d: "[data-go=day]", w: "[data-go=week]",
    b: "[data-go=book]", "?": "[data-go=keys]",
  };
  const PAGES = { PageDown: "[data-go=after]", PageUp: "[data-go=before]" };

  /* From a visit or free time to the next one above, below, or at the same hour beside. */
  const step = (from, key) => {
    const columns = [...calendar.querySelectorAll(".col")].filter((column) => items(column).some(seen));
    const column = from.closest(".col");
    const own = items(column).filter(seen);
    const at = own.indexOf(from);
    if (key === "ArrowDown") return own[at + 1];
    if (key === "ArrowUp") return own[at - 1];
    if (key === "Home") return own[0];
    if (key === "End") return own.at(-1);
    const forward = (key === "ArrowRight") !== (document.dir === "rtl");
    const beside = columns[columns.indexOf(column) + (forward ? 1 : -1)];
    if (!beside) return undefined;
    const distance = (item) => Math.abs(item.dataset.at - from.dataset.at);
    return items(beside).filter(seen).reduce((best, item) => (distance(item) < distance(best) ? item : best));
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (typing) return;
    const item = calendar && event.target.closest("a.job, a.free");
    let done = false;
    if (/^(Arrow|Home|End)/.test(event.key)) {
      let next = item ? step(item, event.key) : undefined;
      if (!item && event.target === calendar) next = [...calendar.querySelectorAll("a.job, a.free")].find(seen);
      if (next) next.focus();
      done = Boolean(next);
    } else if (event.key in PAGES && (item || event.target === calendar)) {
      done = press(PAGES[event.key]);
    } else if (letters()) {
      done = event.key in LETTERS && press(LETTERS[event.key]);
    }
    if (done) event.preventDefault();
  });

  const now = calendar && calendar.querySelector(".now");
  if (now && calendar.scrollHeight > calendar.clientHeight) now.scrollIntoView({ block: "center" });
})();
