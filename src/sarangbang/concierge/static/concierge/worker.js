/* The pages of today's and tomorrow's jobs open without a connection: what a crew's page asks to be kept lies in a drawer
   for its link, as the server made it for keeping (without fields, notes or offers). The network always comes first. A
   drawer is emptied when its link opens nothing any more, when another link is used, and when its time is over. */
"use strict";
const FILES = "crew-files";
const LINK = /\/crew\/([di])\/([\w-]{43})\//;
const PATIENCE = 8000;
const FRESH = 600;
const GONE = [404, 410];

const drawer = (url) => {
  const found = LINK.exec(new URL(url).pathname);
  return found && `crew-${found[1]}-${found[2]}`;
};
const plain = (url) => new URL(new URL(url).pathname, url).href;
const seconds = (answer, name) => Number(answer.headers.get(name)) || 0;
const isOver = (kept) => seconds(kept, "X-Kept-Until") * 1000 <= Date.now();
const isFresh = (kept) => !isOver(kept) && seconds(kept, "X-Kept-At") + FRESH > Date.now() / 1000;
const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time, null); });

/* Throws away whatever is over. */
const tidy = async () => {
  for (const name of await caches.keys()) {
    if (name === FILES || !name.startsWith("crew-")) continue;
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const kept = await cache.match(request);
      if (!kept || isOver(kept)) await cache.delete(request);
    }
    if (!(await cache.keys()).length) await caches.delete(name);
  }
};

const find = async (url) => {
  await tidy();
  const name = drawer(url);
  return name && await caches.has(name) ? (await caches.open(name)).match(plain(url)) : undefined;
};

const open = async (request) => {
  const answer = await Promise.race([fetch(request).catch(() => null), wait(PATIENCE)]);
  if (answer && GONE.includes(answer.status)) await caches.delete(drawer(request.url));
  if (answer && answer.status < 500) return answer;
  return await find(request.url) || answer || Response.error();
};

const file = async (request) => {
  const answer = await fetch(request).catch(() => null);
  return answer || await caches.match(request, { cacheName: FILES }) || Response.error();
};

const keepFiles = async (urls) => {
  const cache = await caches.open(FILES);
  for (const request of await cache.keys()) if (!urls.includes(request.url)) await cache.delete(request);
  for (const url of urls) {
    if (await cache.match(url)) continue;
    const answer = await fetch(url).catch(() => null);
    if (answer && answer.ok) await cache.put(url, answer);
  }
};

/* The first of the pages is the list of jobs: it is asked for each time, the others when they are no longer fresh. */
const keepPages = async (urls) => {
  const name = drawer(urls[0]);
  if (!name) return;
  for (const other of await caches.keys()) {
    if (other !== name && other !== FILES && other.startsWith(name.slice(0, 7))) await caches.delete(other);
  }
  await tidy();
  const cache = await caches.open(name);
  for (const request of await cache.keys()) if (!urls.includes(request.url)) await cache.delete(request);
  for (const url of urls) {
    const known = url === urls[0] ? null : await cache.match(url);
    if (known && isFresh(known)) continue;
    const answer = await fetch(`${url}?kept=1`, { credentials: "omit", cache: "no-store", redirect: "error" }).catch(() => null);
    if (!answer) return;
    if (answer.ok && answer.headers.has("X-Kept-Until")) await cache.put(url, answer);
    else if (GONE.includes(answer.status)) {
      await cache.delete(url);
      if (url === urls[0]) return void await caches.delete(name);
    }
  }
};

self.addEventListener("install", () => { self.skipWaiting(); });
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), tidy()])));
self.addEventListener("message", (event) => {
  const { pages, files } = event.data || {};
  if (!Array.isArray(pages) || !pages.length || !Array.isArray(files)) return;
  const done = () => { if (event.source) event.source.postMessage({ kept: pages.length }); };
  event.waitUntil(keepFiles(files).then(() => keepPages(pages)).then(done));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (LINK.test(url.pathname)) event.respondWith(open(request));
  } else if (["style", "script", "image"].includes(request.destination)) event.respondWith(file(request));
});
