/* The page of a crew stays true by itself: it is asked for again every minute while somebody looks at it and types
   nothing. The phone keeps today's pages, so that they open without a connection. */
(() => {
  "use strict";
  const keep = document.querySelector("[data-keep]");
  if (!keep) return;
  const EVERY = 60000;
  const GONE = [404, 410];
  const here = location.origin + location.pathname;

  const files = () => [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map(
    (each) => each.href || each.src,
  );
  const pages = () => keep.dataset.keep.split(" ").filter(Boolean).map((path) => new URL(path, location).href);
  const store = async () => {
    if (!navigator.serviceWorker) return;
    const standing = await navigator.serviceWorker.register(keep.dataset.worker).catch(() => null);
    if (!standing) return;
    const { active } = await navigator.serviceWorker.ready;
    if (active) active.postMessage({ pages: [here, ...pages()], files: files() });
  };
  if (navigator.serviceWorker) navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data && event.data.kept) document.documentElement.dataset.kept = event.data.kept;
  });

  /* Running meters: minutes since the start, by the server's clock. */
  const skew = Date.parse(keep.dataset.now) - Date.now();
  const tick = () => document.querySelectorAll("[data-meter]").forEach((face) => {
    const minutes = Math.max(0, Math.floor((Date.now() + skew - Date.parse(face.dataset.meter)) / 60000));
    face.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    face.classList.toggle("over", minutes >= Number(face.dataset.free));
  });

  const isBusy = () => {
    const typed = [...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((field) => field.value);
    const inside = document.activeElement && document.activeElement.closest("[data-live]");
    return typed || inside || document.querySelector("[data-live] details[open]") || document.querySelector("[data-taps]:not([hidden])");
  };
  const refresh = async () => {
    if (document.hidden || isBusy()) return;
    const answer = await fetch(here, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" }).catch(() => null);
    if (answer && GONE.includes(answer.status)) return location.reload();
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, now] = [document, fresh].map((page) => [...page.querySelectorAll("[data-live]")]);
    if (old.length !== now.length || isBusy()) return;
    old.forEach((region, number) => region.replaceWith(document.importNode(now[number], true)));
    const said = fresh.querySelector("[data-keep]");
    if (said) keep.dataset.keep = said.dataset.keep;
    document.dispatchEvent(new Event("crew:fresh"));
    tick();
    store();
  };
  setInterval(refresh, EVERY);
  setInterval(tick, 15000);
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", refresh);
  tick();
  store();
})();
