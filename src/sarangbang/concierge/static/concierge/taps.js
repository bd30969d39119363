/* Taps of a crew survive a bad connection: they wait in the phone, under the crew's name and not under one link, and are sent until
   the house has answered. The server takes each word of a job once, so sending twice does no harm. Without this script the forms
   are sent the usual way. */
(() => {
  "use strict";
  const box = document.querySelector("[data-taps]");
  if (!box) return;
  const refused = document.querySelector("[data-taps-refused]");
  const KEY = `taps:${box.dataset.crew}`;
  const TIMEOUT = 20000;
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
  const write = (taps) => { try { localStorage.setItem(KEY, JSON.stringify(taps)); return true; } catch { return false; } };
  const name = (tap) => `${tap.job} ${tap.word}`;
  const without = (tap) => read().filter((each) => name(each) !== name(tap));
  const button = (tap) => document.querySelector(`form[data-tap="${tap.job}"] button[value="${tap.word}"]`);
  let sending = false;

  const show = () => {
    const taps = read();
    box.hidden = taps.length === 0;
    for (const tap of taps) {
      const pressed = button(tap);
      if (!pressed) continue;
      pressed.disabled = true;
      pressed.classList.add("waiting");
    }
  };

  const refuse = (tap, said) => {
    refused.textContent = said;
    refused.hidden = false;
    const pressed = button(tap);
    if (!pressed) return;
    pressed.disabled = false;
    pressed.classList.remove("waiting");
  };

  const send = async (tap) => {
    const response = await fetch(box.dataset.taps, {
      method: "POST",
      body: new URLSearchParams(tap),
      headers: { Accept: "application/json" },
      redirect: "error",
      keepalive: true,
      signal: AbortSignal.timeout?.(TIMEOUT),
    });
    const body = await response.json().catch(() => null);
    return { status: response.status, said: body && body.said };
  };

  /* Sends what waits, each once. Only the house's own word counts as an answer: an error page or the welcome page of a
     wireless network leaves the tap in the queue. Returns how many were accepted and whether the link opens nothing any more. */
  const sendAll = async () => {
    const tried = new Set();
    let accepted = 0;
    for (;;) {
      const tap = read().find((each) => !tried.has(name(each)));
      if (!tap) return { accepted, shut: false };
      tried.add(name(tap));
      const answer = await send(tap).catch(() => null);
      if (!answer) return { accepted, shut: false };  // no connection
      if (answer.said) {
        write(without(tap));
        if (answer.status === 200) accepted += 1; else refuse(tap, answer.said);
      } else if (answer.status === 404 || answer.status === 410) return { accepted, shut: true };
    }
  };

  const flush = async () => {
    if (sending || !read().length) return;
    sending = true;
    const { accepted, shut } = await sendAll();
    sending = false;
    show();
    if (shut || (accepted && refused.hidden && !read().length)) location.reload();
  };

  document.querySelectorAll("form[data-tap]").forEach((form) => form.addEventListener("submit", (event) => {
    const word = event.submitter && event.submitter.value;
    if (!word) return;
    const tap = { job: form.dataset.tap, word, at: Math.floor(Date.now() / 1000) };
    const known = read().some((each) => name(each) === name(tap));
    if (!known && !write([...read(), tap])) return;
    event.preventDefault();
    refused.hidden = true;
    show();
    flush();
  }));
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", flush);
  setInterval(flush, 15000);
  show();
  flush();
})();
