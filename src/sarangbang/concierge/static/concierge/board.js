/* The board, made quicker: it keeps itself fresh, and its jobs are moved with keys or the mouse. Everything it does can be
   done without it, on the page of a job. */
(() => {
  "use strict";
  const board = document.getElementById("board");
  if (!board) return;
  const said = document.getElementById("board-said");
  const TICK = 300000;
  const EVERY = 15000;
  const DRAG_FROM = 6;
  const REST = 350; // milliseconds that a finger rests before it lifts a job
  const EDGE = 40; // so near to its edge the board scrolls along
  const rtl = document.documentElement.dir === "rtl";
  const all = (selector, root = board) => [...root.querySelectorAll(selector)];
  const first = Date.parse(board.dataset.first);
  const hours = Number(/hours-(\d+)/.exec(board.className)[1]);
  const server = document.querySelector("[data-part=clock]").dataset.now;
  const skew = Date.parse(server) - Date.now();
  const now = () => Date.now() + skew;
  let { etag, seen } = board.dataset;
  let held = null; // the job that is being moved
  let last = null; // the move that can be undone

  /* What is said stands there for the eye and is read out. */
  const say = (text, bad = false) => {
    said.textContent = text;
    said.hidden = !text;
    said.classList.toggle("bad", bad);
  };

  // One job of the board takes part in the order of Tab; arrows go from there to the others.
  const jobs = () => all("a.job");
  const rove = (job) => {
    for (const each of jobs()) each.tabIndex = each === job ? 0 : -1;
  };
  const settle = () => rove(board.querySelector("a.job[tabindex='0']") || jobs()[0]);
  const go = (job) => {
    if (!job) return;
    rove(job);
    job.focus();
    job.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const middle = (element) => { const box = element.getBoundingClientRect(); return box.left + box.width / 2; };
  const inLine = (line) => all("a.job", line);
  const beside = (job, step) => inLine(job.closest(".line"))[inLine(job.closest(".line")).indexOf(job) + step];
  const across = (job, step) => {
    const lines = all(".line").filter((line) => line.querySelector("a.job"));
    const line = lines[lines.indexOf(job.closest(".line")) + step];
    if (!line) return null;
    const near = (each) => Math.abs(middle(each) - middle(job));
    return inLine(line).reduce((best, each) => (near(each) < near(best) ? each : best));
  };

  // What stands where. A job is told by its address, which names what it is and its key.
  const subject = (job) => {
    const [, kind, key] = /\/desk\/(rides|interpreting)\/([^/]+)\//.exec(job.getAttribute("href"));
    return `${kind === "rides" ? "ride" : "interpreting"}:${key}`;
  };
  const number = (job, name) => Number((new RegExp(`(?:^|\\s)${name}-?(\\d+)`).exec(job.className) || [0, 0])[1]);
  const startTick = (job) => number(job, "at") * 3 + number(job, "o") + number(job, "w");
  const length = (job) => number(job, "for") * 3 + number(job, "p") - number(job, "w");
  const crewOf = (line) => line.id.slice(2);
  const linesFor = (job) => all(".line[id]", job.closest(".lines"));
  const clock = (tick) => new Date(first + tick * TICK).toISOString().replace(".000", "");

  // --- Moving a job -----------------------------------------------------------------------------------------------

  const lift = (job) => {
    const line = job.closest(".line");
    const ghost = job.cloneNode(true);
    ghost.classList.add("ghost");
    ghost.classList.remove(...[...ghost.classList].filter((name) => /^(w|at-|for-|o|p)\d*/.test(name)));
    ghost.removeAttribute("href");
    ghost.setAttribute("aria-hidden", "true");
    held = { job, ghost, line, from: line, start: startTick(job), tick: startTick(job), asked: 0, fits: null };
    job.classList.add("lifted");
    put();
  };

  const put = () => {
    const { ghost, line, job, tick } = held;
    const begin = Math.max(0, Math.min(tick, hours * 12 - 1));
    ghost.style.gridColumn = `${begin + 1} / span ${Math.max(1, Math.min(length(job), hours * 12 - begin))}`;
    line.querySelector(".track").append(ghost);
    for (const each of all(".target")) each.classList.remove("target");
    line.classList.add("target");
    line.scrollIntoView({ block: "nearest" });
  };

  const dropped = () => {
    const { job, line, tick, start } = held;
    const given = { job: subject(job), crew: crewOf(line) };
    if (tick !== start) given.at = clock(tick);
    return given;
  };

  /* Asks the engine whether the held job fits where it is; only the last answer counts. */
  const ask = async () => {
    const mine = held;
    const turn = ++mine.asked;
    mine.ghost.classList.remove("fits", "fits-not");
    const answer = await fetch(`${board.dataset.check}?${new URLSearchParams(dropped())}`, { headers: { Accept: "application/json" } })
      .then((response) => response.json()).catch(() => null);
    if (held !== mine || mine.asked !== turn || !answer) return;
    mine.ghost.classList.add(answer.fits ? "fits" : "fits-not");
    say(answer.said, !answer.fits);
  };
  let soon = 0;
  const askSoon = () => { clearTimeout(soon); soon = setTimeout(() => held && ask(), 150); };

  const letGo = () => {
    if (!held) return;
    held.job.classList.remove("lifted");
    held.ghost.remove();
    for (const each of all(".target")) each.classList.remove("target");
    held = null;
  };

  const drop = async () => {
    const { job, line, from, tick, start } = held;
    if (line === from && tick === start) { letGo(); say(""); return; }
    const form = new URLSearchParams({ ...dropped(), seen: job.dataset.s, csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value });
    const name = job.getAttribute("href");
    letGo();
    const answer = await fetch(board.dataset.move, { method: "POST", body: form, headers: { Accept: "application/json" } })
      .then((response) => response.json()).catch(() => null);
    if (!answer) { location.reload(); return; }
    say(answer.said, !answer.done);
    if (answer.done) last = answer.moved;
    await refresh(true);
    go(board.querySelector(`a.job[href="${name}"]`));
  };

  const carry = (key) => {
    const lines = linesFor(held.job);
    const at = lines.indexOf(held.line);
    if (key === "ArrowDown" || key === "ArrowUp") held.line = lines[at + (key === "ArrowDown" ? 1 : -1)] || held.line;
    else if (key === "Home") { held.line = held.from; held.tick = held.start; }
    else held.tick += (key === "ArrowRight") !== rtl ? 1 : -1;
    put();
    askSoon();
  };

  board.addEventListener("keydown", (event) => {
    const job = event.target.closest("a.job");
    if (!job || event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    const arrow = key.startsWith("Arrow");
    if (held) {
      if (arrow || key === "Home") carry(key);
      else if (key === "Enter") drop();
      else if (key === "Escape") { letGo(); say(""); go(job); }
      else return;
    } else if (arrow) {
      const back = (key === "ArrowLeft") !== rtl;
      go(key === "ArrowDown" ? across(job, 1) : key === "ArrowUp" ? across(job, -1) : beside(job, back ? -1 : 1));
    } else if (key === "Home" || key === "End") go(inLine(job.closest(".line")).at(key === "Home" ? 0 : -1));
    else if (key.toLowerCase() === "m") { lift(job); ask(); } else return;
    event.preventDefault();
  });
  board.addEventListener("focusin", (event) => { const job = event.target.closest("a.job"); if (job && !held) rove(job); });
  board.addEventListener("focusout", (event) => { if (held && !held.pointer && event.target === held.job) { letGo(); say(""); } });

  // The mouse and a finger do the same; a finger rests on the job first, because moving at once scrolls the board. A
  // sideways slip of less than ten minutes is none. As a list of a phone nothing is dragged.
  let pressed = null;
  let resting = 0;
  const isGrid = () => getComputedStyle(board.querySelector(".line:not(.hours) .track")).display === "grid";
  const leave = () => { clearTimeout(resting); letGo(); pressed = null; };
  const pick = () => {
    lift(pressed.job);
    held.pointer = true;
    pressed.scrolled = board.scrollLeft;
  };
  board.addEventListener("dragstart", (event) => event.preventDefault());
  board.addEventListener("contextmenu", (event) => { if (pressed && pressed.touch) event.preventDefault(); });
  board.addEventListener("touchmove", (event) => { if (held && held.pointer) event.preventDefault(); }, { passive: false });
  board.addEventListener("pointerdown", (event) => {
    const job = event.target.closest("a.job");
    if (pressed && pressed.touch) { leave(); say(""); return; } // a second finger
    if (!job || event.button !== 0 || held || !isGrid()) return;
    pressed = { job, x: event.clientX, y: event.clientY, touch: event.pointerType === "touch", id: event.pointerId };
    if (pressed.touch) resting = setTimeout(() => { pick(); ask(); }, REST);
  });
  addEventListener("pointermove", (event) => {
    if (!pressed || event.pointerId !== pressed.id) return;
    if (!held) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < DRAG_FROM) return;
      if (pressed.touch) { leave(); return; }
      pick();
    }
    const edges = board.getBoundingClientRect();
    if (event.clientX > edges.right - EDGE) board.scrollLeft += EDGE / 2;
    else if (event.clientX < edges.left + EDGE) board.scrollLeft -= EDGE / 2;
    const track = held.line.querySelector(".track").getBoundingClientRect();
    const moved = event.clientX - pressed.x + board.scrollLeft - pressed.scrolled;
    const ticks = Math.round((moved * (rtl ? -1 : 1) * hours * 12) / track.width);
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const line = under && under.closest(".line[id]");
    const tick = held.start + (Math.abs(ticks) > 1 ? ticks : 0);
    const target = line && linesFor(held.job).includes(line) ? line : held.line;
    if (tick === held.tick && target === held.line) return;
    Object.assign(held, { tick, line: target });
    put();
    askSoon();
  });
  addEventListener("pointerup", (event) => {
    if (pressed && event.pointerId !== pressed.id) return;
    clearTimeout(resting);
    if (held && held.pointer) {
      // the click that follows opens nothing
      board.addEventListener("click", (event) => event.preventDefault(), { once: true, capture: true });
      setTimeout(() => board.dispatchEvent(new Event("click")), 0);
      drop();
    }
    pressed = null;
  });
  addEventListener("pointercancel", (event) => { if (pressed && event.pointerId === pressed.id) leave(); });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held && held.pointer) { leave(); say(""); }
  });

  // --- Keeping fresh ----------------------------------------------------------------------------------------------

  /* Lines that differ are replaced one by one, so that whoever reads or stands on another is not disturbed. */
  const replace = (fresh) => {
    const focused = document.activeElement && document.activeElement.closest("a.job");
    const name = focused && focused.getAttribute("href");
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (other && other.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.innerHTML = other.innerHTML;
    }
    const lists = all(".lines"), others = [...fresh.querySelectorAll("#board .lines")];
    const names = (list) => list.map((each) => [each.id, ...[...each.children].map((line) => line.id)].join()).join(" ");
    const same = names(lists) === names(others) && board.className === fresh.querySelector("#board").className;
    if (!same) {
      board.className = fresh.querySelector("#board").className;
      board.replaceChildren(...fresh.querySelector("#board").children);
    } else {
      lists.forEach((list, at) => [...list.children].forEach((line, row) => {
        const other = others[at].children[row];
        if (tidy(line) !== tidy(other)) line.replaceWith(other.cloneNode(true));
      }));
    }
    settle();
    if (name && document.activeElement === document.body) go(board.querySelector(`a.job[href="${name}"]`));
  };
  const tidy = (line) => line.outerHTML.replace(/ tabindex="-?\d"/g, "");

  let asking = false;
  const refresh = async (anyway = false) => {
    if (asking || held || (document.hidden && !anyway)) return;
    asking = true;
    const address = `${board.dataset.live}&seen=${seen}${last ? `&moved=${last}` : ""}`;
    const headers = anyway ? {} : { "If-None-Match": etag };
    const response = await fetch(address, { headers, redirect: "error" }).catch(() => null);
    asking = false;
    seen = (response && response.headers.get("Board-Seen")) || seen;
    if (!response || response.status !== 200 || held) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!fresh.getElementById("board")) return;
    etag = response.headers.get("ETag") || etag;
    replace(fresh);
  };

  // The clocks of the promises and the line of now go on by themselves.
  const tick = () => {
    for (const face of document.querySelectorAll("[data-due]")) {
      const minutes = Math.floor((Date.parse(face.dataset.due) - now()) / 60000);
      const away = Math.abs(minutes);
      face.textContent = `${minutes < 0 ? "+" : ""}${Math.floor(away / 60)}:${String(away % 60).padStart(2, "0")}`;
      face.parentElement.classList.toggle("soon", minutes < 15);
    }
    for (const line of all(".nowline .now")) line.style.gridColumn = `${Math.floor((now() - first) / TICK) + 1} / span 1`;
  };

  settle();
  tick();
  const here = board.querySelector(".now");
  if (here) board.scrollLeft = (rtl ? -1 : 1) * Math.max(0, Math.abs(here.offsetLeft) - board.clientWidth / 2);
  setInterval(tick, 10000);
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => refresh());
})();
