// Keys, the whole page's zoom and movement, and what is said when the server does not answer. Everything else is HTML
// from the server. A key presses the visible button or link that names it in data-key, so that whatever the keyboard
// does can be seen, clicked and read aloud as well.
"use strict";
(() => {
  const root = document.documentElement;
  const theme = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  if (theme) root.dataset.theme = theme;
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private mode: for this page only */ } };
  try { root.classList.toggle("wide-desk", localStorage.getItem("wide") === "yes"); } catch { /* as it is */ }

  let busy = false; // a decision is on its way: further keys would meet a value that nobody has seen yet
  const find = (selector) => document.querySelector(selector);
  // Input methods: Enter and letters belong to them while they compose; 229 is what older ones send.
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const typing = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  const openDialog = () => find("dialog[open]");

  function visible(element) {
    return element && !element.disabled && !element.closest("[hidden]") && element.getClientRects().length > 0;
  }
  function press(key) {
    const inside = openDialog() || document;
    const names = [key, { ArrowDown: "j", ArrowUp: "k", "/": "f", "=": "+", "？": "?", "、": "/" }[key]];
    for (const name of names) {
      for (const element of inside.querySelectorAll("[data-key]")) {
        if (element.dataset.key === name && visible(element)) { element.click(); return true; }
      }
    }
    return false;
  }

  // -- editing -------------------------------------------------------------------------------------------------------
  function edit(open) {
    const box = find("#edit");
    if (!box) return;
    box.hidden = !open;
    if (open) { const input = find("#after"); input.focus(); input.select(); } else { find("[data-focus]")?.focus({ preventScroll: true }); }
  }
  function save(all) {
    const button = find(all ? '#edit [value="edit-all"]' : '#edit [value="edit"]') || find('#edit [value="edit"]');
    if (button) button.click();
  }

  // A long text and its picture are read side by side: both go on by the same share.
  function turn(seen, share) {
    seen.scrollTop += share * seen.clientHeight;
    const done = seen.scrollTop / Math.max(seen.scrollHeight - seen.clientHeight, 1);
    for (const text of document.querySelectorAll(".texts dd")) text.scrollTop = done * (text.scrollHeight - text.clientHeight);
  }

  // -- the whole page ------------------------------------------------------------------------------------------------
  function sheet() { return find("#sheet[open] #whole"); }
  function view(svg) { return svg.getAttribute("viewBox").split(" ").map(Number); }
  function look(svg, x, y, width, height) { svg.setAttribute("viewBox", [x, y, width, height].join(" ")); }
  function zoom(svg, factor, px, py) {
    const [x, y, w, h] = view(svg);
    const cx = px === undefined ? x + w / 2 : px, cy = py === undefined ? y + h / 2 : py;
    const least = svg.dataset.width / 12, most = svg.dataset.width * 1.5;
    const width = Math.min(Math.max(w * factor, least), most), real = width / w;
    look(svg, cx - (cx - x) * real, cy - (cy - y) * real, width, h * real);
  }
  function fit(svg) { look(svg, 0, 0, svg.dataset.width, svg.dataset.height); }
  function move(svg, dx, dy) { const [x, y, w, h] = view(svg); look(svg, x + dx * w, y + dy * h, w, h); }
  function point(svg, event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [place.x, place.y];
  }
  function showHere(svg) { // begin where the value stands, at reading size
    const here = svg.querySelector("[data-here] polygon");
    if (!here) return;
    const room = svg.getBoundingClientRect(), seen = here.getBoundingClientRect();
    const [x0, y0] = point(svg, { clientX: seen.left, clientY: seen.top }), [x1, y1] = point(svg, { clientX: seen.right, clientY: seen.bottom });
    const width = Math.max(svg.dataset.width * 0.75, (x1 - x0) * 1.1), height = width * room.height / room.width;
    // Not past the page's edge, where nothing is to be seen; the middle where the page is smaller than the view.
    const within = (start, size, all) => size > all ? (all - size) / 2 : Math.min(Math.max(start, 0), all - size);
    const top = y1 - y0 > height ? y0 - height * 0.05 : (y0 + y1 - height) / 2; // a text longer than the view from its beginning
    look(svg, within((x0 + x1 - width) / 2, width, svg.dataset.width), within(top, height, svg.dataset.height), width, height);
  }
  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.("#whole");
    if (svg && event.button === 0) drag = { svg, x: event.clientX, y: event.clientY, far: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.far && Math.hypot(dx, dy) < 5) return;
    drag.far = true;
    const scale = drag.svg.getScreenCTM().a;
    const [x, y, w, h] = view(drag.svg);
    look(drag.svg, x - dx / scale, y - dy / scale, w, h);
    drag.x = event.clientX; drag.y = event.clientY;
  });
  document.addEventListener("pointerup", () => { const was = drag; drag = null; if (was?.far) moved = true; });
  let moved = false; // the click at the end of a drag is no choice
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("#whole")) event.preventDefault(); });
  document.addEventListener("wheel", (event) => {
    const svg = event.target.closest?.("#whole");
    if (!svg) return;
    event.preventDefault();
    zoom(svg, event.deltaY > 0 ? 1.15 : 1 / 1.15, ...point(svg, event));
  }, { passive: false });

  // -- clicks --------------------------------------------------------------------------------------------------------
  const does = {
    help: () => find("#help").showModal(),
    theme: () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      remember("theme", root.dataset.theme);
    },
    wide: () => remember("wide", root.classList.toggle("wide-desk") ? "yes" : "no"),
    focus: (element) => { root.classList.remove("wide-desk"); element.focus(); element.select(); },
    edit: () => edit(true),
    "close-edit": () => edit(false),
    sheet: () => find("#sheet").showModal(),
    "close-sheet": () => find("#sheet").close(),
    "zoom-in": () => { const svg = sheet(); if (svg) zoom(svg, 1 / 1.3); },
    "zoom-out": () => { const svg = sheet(); if (svg) zoom(svg, 1.3); },
    "zoom-fit": () => { const svg = sheet(); if (svg) fit(svg); },
  };
  document.addEventListener("click", (event) => {
    if (moved) { moved = false; if (event.target.closest?.("#whole")) { event.preventDefault(); event.stopPropagation(); return; } }
    const element = event.target.closest?.("[data-do]");
    if (element && does[element.dataset.do] && element.tagName !== "INPUT") does[element.dataset.do](element);
  }, true);

  // -- keys ----------------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const at = event.target;
    if (at.closest?.("#edit") && /^(INPUT|TEXTAREA)$/.test(at.tagName)) {
      if (event.key === "Escape") { event.preventDefault(); edit(false); }
      if (event.key === "Enter") {
        const lines = at.tagName === "TEXTAREA";
        if (!lines || event.ctrlKey || event.metaKey || event.shiftKey) { event.preventDefault(); if (!busy && !event.repeat) save(event.shiftKey); }
      }
      return;
    }
    if (typing(at)) { if (event.key === "Escape") at.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const seen = find(".seen[tabindex]");
    if (/^Page(Up|Down)$/.test(event.key) && seen && !openDialog()) { event.preventDefault(); turn(seen, event.key === "PageDown" ? 0.8 : -0.8); return; }
    const svg = sheet();
    const moves = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (svg && moves[event.key]) { event.preventDefault(); move(svg, ...moves[event.key]); return; }
    if (event.key === "Enter" && at !== document.body && at.matches?.("a, button, summary, svg a, svg a *")) return;
    // Held keys repeat: what was not seen is not decided.
    if (event.repeat || busy) { if (!event.repeat || event.key.length === 1) event.preventDefault(); return; }
    let key = event.key;
    if (key === "Process" || key === "Unidentified") key = event.code.startsWith("Key") ? event.code[3][event.shiftKey ? "toUpperCase" : "toLowerCase"]() : key;
    if (event.getModifierState("CapsLock") && /^[a-z]$/i.test(key)) key = event.shiftKey ? key.toUpperCase() : key.toLowerCase();
    if (key.length === 1 || /^(Arrow(Up|Down)|Enter)$/.test(key)) {
      const focus = find('[data-do="focus"]');
      if ((key === "f" || key === "/") && visible(focus) && !openDialog()) { event.preventDefault(); does.focus(focus); return; }
      if (press(key)) event.preventDefault();
    }
  });

  // -- answers -------------------------------------------------------------------------------------------------------
  function trouble(text) {
    const box = find("#trouble");
    box.textContent = text; box.hidden = !text;
  }
  const quiet = (event) => event.detail.target?.matches?.("[data-quiet]"); // what comes by itself, later: no key waits for it
  document.addEventListener("htmx:beforeRequest", (event) => { if (quiet(event)) return; busy = true; root.classList.add("busy"); });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (quiet(event)) return;
    busy = false; root.classList.remove("busy");
    if (event.detail.successful) trouble("");
  });
  document.addEventListener("htmx:sendError", (event) => quiet(event) || trouble("服务没有应答。刚才的操作可能没有写入；重新启动 zhibiao review 后从新的地址继续，已写入的决定不会丢。"));
  document.addEventListener("htmx:responseError", (event) => {
    if (quiet(event)) return;
    const { status, responseText } = event.detail.xhr;
    trouble(status === 403 && responseText.length < 200 ? responseText : `出错了（${status}）。刚才的操作没有写入，请再试一次。`);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const sheetOpen = find("#sheet[open]");
    if (event.detail.target.id === "desk" && sheetOpen) sheetOpen.close();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (quiet(event)) return;
    const svg = sheet();
    if (event.detail.target.id === "sheet-inside" && svg) { showHere(svg); svg.focus(); return; }
    if (find("#desk") && !openDialog()) scrollTo(0, 0);
    settle();
  });
  function settle() {
    if (!openDialog()) find("[data-focus]")?.focus({ preventScroll: true });
    const lines = find(".lines"), here = find(".lines .here"); // the value's line in the middle of its neighbours
    if (here) lines.scrollTop = here.offsetTop - lines.offsetTop - (lines.clientHeight - here.offsetHeight) / 2;
    ahead();
  }
  function ahead() { for (const link of document.querySelectorAll("[data-ahead]")) new Image().src = link.dataset.ahead; }
  document.addEventListener("DOMContentLoaded", settle);
})();
