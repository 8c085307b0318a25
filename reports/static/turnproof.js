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

    // Some browsers keep the clipboard from pages that were opened from a folder; the old way works there.
    const copied = async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        const field = document.createElement("textarea");
        field.value = text;
        field.className = "unseen";
        document.body.append(field);
        field.select();
        const done = document.execCommand("copy");
        field.remove();
        return done;
      }
    };
    for (const place of document.querySelectorAll("[data-copy]")) {
      const copy = button("copy", "Copy", async (made) => {
        made.textContent = (await copied(place.dataset.copy)) ? "Copied" : "Not allowed";
        made.focus();
        setTimeout(() => { made.textContent = "Copy"; }, 1500);
      });
      copy.setAttribute("aria-label", `Copy ${place.dataset.copy}`);
      place.after(copy);
    }
  });
})();
