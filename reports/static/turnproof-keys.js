// From finding to finding by single keys; the page tells which, and where to switch them off.
(() => {
  "use strict";
  const stored = {
    get: () => { try { return localStorage.getItem("turnproof-keys"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("turnproof-keys", value); } catch { /* private window */ } },
  };

  document.addEventListener("DOMContentLoaded", () => {
    const stops = [...document.querySelectorAll(".whole, .turn.flagged")];
    const hint = document.querySelector(".keys");
    if (!hint || stops.length === 0) return;

    let on = stored.get() !== "off";
    const toggle = document.createElement("button");
    toggle.type = "button";
    const told = document.createElement("span");
    told.className = "unseen";
    told.setAttribute("role", "status");
    const show = () => { toggle.textContent = on ? "Switch keys off" : "Switch keys on"; };
    toggle.addEventListener("click", () => {
      on = !on;
      stored.set(on ? "on" : "off");
      show();
    });
    show();
    hint.append(toggle, told);
    hint.hidden = false;

    // Where the reader is: at what has the focus, or at what was scrolled past last.
    const here = () => {
      const focused = stops.indexOf(document.activeElement?.closest(".whole, .turn.flagged"));
      if (focused >= 0) return focused;
      return stops.findLastIndex((stop) => stop.getBoundingClientRect().top < innerHeight / 4);
    };
    const go = (step) => {
      const next = stops[here() + step];
      if (!next) {
        told.textContent = step > 0 ? "This was the last finding." : "This was the first finding.";
        return;
      }
      told.textContent = "";
      // Takes the place of this entry in the history, so that going back leaves the page.
      if (next.id) location.replace(`#${next.id}`);
      next.tabIndex = -1;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "start" });
    };
    const actions = {
      n: () => go(1),
      j: () => go(1),
      p: () => go(-1),
      k: () => go(-1),
      c: () => stops[here()]?.querySelector(".copy")?.click(),
    };

    document.addEventListener("keydown", (event) => {
      const action = actions[event.key];
      const typed = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (!on || !action || typed || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
  });
})();
