/* Taps and notes of a crew survive a bad connection: they wait in the phone, under the crew's name and not under one link,
   and are sent until the house has answered. The server takes each word of a job once, and each note by the key that was
   made for it, so sending twice does no harm. Without this script the forms are sent the usual way. */
(() => {
  "use strict";
  const box = document.querySelector("[data-taps]");
  if (!box) return;
  const refused = document.querySelector("[data-taps-refused]");
  const KEY = `taps:${box.dataset.crew}`;
  const TIMEOUT = 20000;
  const REST = 1000;
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
  const write = (taps) => { try { localStorage.setItem(KEY, JSON.stringify(taps)); return true; } catch { return false; } };
  const name = (tap) => `${tap.job} ${tap.word} ${tap.key || ""}`;
  const without = (tap) => read().filter((each) => name(each) !== name(tap));
  const button = (tap) => tap.key ? null : document.querySelector(`button[form="t${tap.job}"][value="${tap.word}"]`);
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
    document.querySelectorAll("button[data-after]").forEach((shut) => {
      const opens = `${shut.getAttribute("form")} ${shut.dataset.after}`;
      const waits = shut.classList.contains("waiting") || "rests" in shut.dataset;
      shut.disabled = waits || !taps.some((tap) => `t${tap.job} ${tap.word}` === opens);
    });
    advance();
  };

  /* Under the thumb stands the first word that was not tapped yet; the one that was goes back to its card. What has just
     come there rests for a moment, so that a thumb that taps twice does not say two things. */
  const rest = (shown) => {
    shown.disabled = true;
    shown.dataset.rests = "";
    setTimeout(() => {
      delete shown.dataset.rests;
      shown.disabled = shown.classList.contains("waiting");
    }, REST);
  };
  const advance = () => {
    const thumb = document.querySelector("[data-thumb]");
    const shown = thumb && thumb.querySelector("button");
    const form = shown && document.getElementById(shown.getAttribute("form"));
    const next = form && shown.classList.contains("waiting") && form.querySelector("button[name=word]:not(.waiting):not(:disabled)");
    if (!next) return;
    shown.classList.replace("huge", "plain");
    form.prepend(shown);
    next.classList.replace("plain", "huge");
    thumb.prepend(next);
    rest(next);
  };

  const refuse = (tap, said) => {
    refused.textContent = said;
    refused.hidden = false;
    document.querySelectorAll("form[data-note], form[data-back]").forEach((form) => {
      if (form.dataset.back ? form.dataset.back === tap.job : form.elements.key.value === tap.key) form.hidden = false;
    });
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
    if (shut || (accepted && refused.hidden && !read().length)) {
      try { sessionStorage.setItem("taps:rest", Date.now()); } catch { /* then it does not rest */ }
      location.reload();
    }
  };

  const queue = (tap) => {
    const known = read().some((each) => name(each) === name(tap));
    return known || write([...read(), tap]);
  };

  document.addEventListener("submit", (event) => {
    const word = event.submitter && event.submitter.value;
    const { tap: job, note, back } = event.target.dataset;
    if (!word || !(job || note || back)) return;
    const said = { job: job || note || back, word, at: Math.floor(Date.now() / 1000) };
    const { text, key, reason } = event.target.elements;
    if (back) said.reason = reason.value;
    if (note) Object.assign(said, { text: text ? text.value : "", key: key.value });
    if (!queue(said)) return;
    event.preventDefault();
    refused.hidden = true;
    if (note || back) event.target.hidden = true;
    show();
    flush();
  }, true);
  document.addEventListener("crew:fresh", show);
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", flush);
  setInterval(flush, 5000);
  show();
  flush();
  const thumb = document.querySelector("[data-thumb] button:not(:disabled)");
  try { if (thumb && Date.now() - sessionStorage.getItem("taps:rest") < 5 * REST) rest(thumb); } catch { /* see above */ }
})();
