// Niceties only; every page works without this file.
(() => {
  "use strict";
  const page = document.documentElement;
  const remembered = {
    get: () => { try { return localStorage.getItem("turnproof-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("turnproof-theme", theme); } catch { /* private window */ } },
  };
  const isDark = () => page.dataset.theme === "dark"
    || (!page.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const chosen = remembered.get();
  if (chosen === "dark" || chosen === "light") page.dataset.theme = chosen;

  const button = (className, label, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = className;
    made.textContent = label;
    made.addEventListener("click", () => action(made));
    return made;
  };

  document.addEventListener("DOMContentLoaded", () => {
    const name = () => (isDark() ? "Light" : "Dark");
    document.querySelector(".top").append(button("theme", name(), (made) => {
      page.dataset.theme = isDark() ? "light" : "dark";
      remembered.set(page.dataset.theme);
      made.textContent = name();
    }));

    const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
    for (const ago of document.querySelectorAll("[data-ago]")) {
      const seconds = (Date.now() - Date.parse(ago.dataset.ago)) / 1000;
      const [unit, length] = units.find(([, each]) => seconds >= each) || units[2];
      const count = Math.max(0, Math.floor(seconds / length));
      ago.textContent = `${count} ${unit}${count === 1 ? "" : "s"} ago,`;
      ago.hidden = false;
    }

    if (!navigator.clipboard) return;
    for (const place of document.querySelectorAll("[data-copy]")) {
      const copy = button("copy", "Copy", async (made) => {
        try {
          await navigator.clipboard.writeText(place.dataset.copy);
          made.textContent = "Copied";
        } catch {
          made.textContent = "Not allowed";
        }
        setTimeout(() => { made.textContent = "Copy"; }, 1500);
      });
      copy.setAttribute("aria-label", `Copy ${place.dataset.copy}`);
      place.after(copy);
    }
  });
})();
