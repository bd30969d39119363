/* Keeps the device's time zone, so that pages can show it beside Seoul's. A zone that was chosen is left alone. */
(() => {
  "use strict";
  if (/(^|; )zone=/.test(document.cookie)) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
})();
