/* Taps of a crew survive a bad connection: they wait in the phone and are sent until the server has answered. The server takes
   each word of a job once, so sending twice does no harm. Without this script the forms are sent the usual way. */
(() => {
  "use strict";
  const KEY = `taps:${location.pathname.split("/").slice(2, 5).join("/")}`;
  const waiting = document.querySelector("[data-taps-waiting]");
  const refused = document.querySelector("[data-taps-refused]");
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
  const write = (taps) => { try { localStorage.setItem(KEY, JSON.stringify(taps)); return true; } catch { return false; } };
  let sending = false;

  const show = () => {
    const taps = read();
    if (waiting) waiting.hidden = taps.length === 0;
    for (const tap of taps) {
      const button = document.querySelector(`form[data-tap="${tap.job}"] button[value="${tap.word}"]`);
      if (!button) continue;
      button.disabled = true;
      button.classList.add("waiting");
    }
  };

  const send = async (tap) => {
    const body = new URLSearchParams({ job: tap.job, word: tap.word, at: tap.at });
    const response = await fetch(tap.url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
    if (response.status >= 500 || response.status === 429) throw new Error("later");
    return response.ok ? "" : ((await response.json().catch(() => ({}))).said || String(response.status));
  };

  const flush = async () => {
    if (sending) return;
    sending = true;
    let sent = 0;
    let trouble = "";
    try {
      for (let taps = read(); taps.length; taps = read()) {
        trouble = (await send(taps[0])) || trouble;
        write(read().slice(1));
        sent += 1;
      }
    } catch { /* no connection: they stay in the queue */ }
    sending = false;
    show();
    if (trouble && refused) {
      refused.textContent = trouble;
      refused.hidden = false;
    } else if (sent && !read().length) {
      location.reload();
    }
  };

  document.querySelectorAll("form[data-tap]").forEach((form) => form.addEventListener("submit", (event) => {
    const word = event.submitter && event.submitter.value;
    if (!word) return;
    const tap = { url: form.action, job: form.dataset.tap, word, at: Math.floor(Date.now() / 1000) };
    if (!write([...read().filter((each) => each.job !== tap.job || each.word !== word), tap])) return;
    event.preventDefault();
    show();
    flush();
  }));
  addEventListener("online", flush);
  setInterval(() => { if (read().length) flush(); }, 15000);
  show();
  if (read().length) flush();
})();
