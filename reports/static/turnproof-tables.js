// Sorts, filters and pages long tables. Without this file, a page shows the first rows, and all its links.
(() => {
  "use strict";
  const chunks = new Map();
  // The scripts with the rows call this; each table has its rows in numbered chunks.
  window.turnproofRows = (table, place, rows) => chunks.set(`${table} ${place}`, rows);
  const numbers = new Intl.NumberFormat("en-US");
  const words = new Intl.Collator("en", { numeric: true });
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  const loaded = (source) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });

  const made = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  const bar = (svg, names, counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    let start = 0;
    counts.forEach((count, place) => {
      if (!count) return;
      const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const width = (1000 * count) / total;
      for (const [key, value] of Object.entries({ class: names[place], x: start, width, height: 10 })) {
        part.setAttribute(key, value);
      }
      svg.append(part);
      start += width;
    });
  };

  const told = (names, counts) => counts
    .map((count, place) => (count ? `${numbers.format(count)}\u00a0${names[place]}` : ""))
    .filter(Boolean).join(", ") || "none";

  // What stands in a row: its attributes name columns of the data.
  const fills = {
    text: (element, row, [column]) => { element.textContent = row[column] || "–"; },
    number: (element, row, [column]) => { element.textContent = numbers.format(row[column]); },
    href: (element, row, [column]) => element.setAttribute("href", row[column]),
    if: (element, row, [column, value]) => {
      if (value === undefined ? !row[column] : row[column] !== value) element.remove();
    },
    unlike: (element, row, [column, value, one, other]) => {
      if (row[column] !== value || row[one] === row[other]) element.remove();
    },
    bar: (element, row, [column, ...names]) => bar(element, names, row[column]),
    told: (element, row, [column, ...names]) => { element.textContent = told(names, row[column]); },
    moment: (element, row, [column]) => {
      const [, year, month, day, hour] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(row[column]);
      element.setAttribute("datetime", row[column]);
      element.append(`${Number(day)} ${months[month - 1]} ${year} `, made("small", `${hour} UTC`));
    },
  };

  const filled = (template, row) => {
    const copy = template.content.cloneNode(true);
    for (const [kind, fill] of Object.entries(fills)) {
      for (const element of copy.querySelectorAll(`[data-${kind}]`)) {
        fill(element, row, element.dataset[kind].split(" "));
        element.removeAttribute(`data-${kind}`);
      }
    }
    return copy;
  };

  const holds = {
    search: (row, columns, value) => columns.some((column) => String(row[column]).toLowerCase().includes(value.toLowerCase())),
    contains: (row, [column], value) => String(row[column]).toLowerCase().includes(value.toLowerCase()),
    equals: (row, [column], value) => row[column] === value,
    word: (row, [column], value) => row[column].split(" ").includes(value),
    from: (row, [column], value) => row[column].slice(0, 10) >= value,
    to: (row, [column], value) => row[column].slice(0, 10) <= value,
  };

  const compared = ([kind, ...columns]) => (one, other) => {
    for (const column of columns) {
      const order = kind === "number" ? one[column] - other[column] : words.compare(one[column], other[column]);
      if (order) return order;
    }
    return 0;
  };

  const start = (table) => {
    const name = table.dataset.table;
    const template = document.getElementById(`${name}-row`);
    const tools = document.querySelector(`[data-tools="${name}"]`);
    const turner = document.querySelector(`[data-turner="${name}"]`);
    const shown = tools.querySelector(".shown");
    const sources = table.dataset.chunks.split(" ");
    const size = Number(table.dataset.rows) || 1;
    const total = Number(table.dataset.total);
    let [by, descending] = [table.dataset.order.replace(" descending", ""), table.dataset.order.endsWith("descending")];
    let page = 0;
    let all = null;
    let loading = null;

    const load = () => {
      loading ||= Promise.all(sources.map(loaded)).then(() => {
        // A script's own number says where its rows belong, whatever came first.
        all = [...chunks].filter(([key]) => key.startsWith(`${name} `))
          .sort(([one], [other]) => words.compare(one, other)).flatMap(([, rows]) => rows);
        for (const select of tools.querySelectorAll("select[data-equals]")) {
          const known = new Set([...select.options].map((option) => option.value));
          const found = new Set(all.map((row) => row[select.dataset.equals]));
          for (const value of [...found].sort(words.compare)) if (!known.has(value)) select.append(made("option", value));
        }
      }).catch(() => { shown.textContent = "The rows could not be loaded."; });
      return loading;
    };

    const chosen = () => {
      const filters = [...tools.elements].flatMap((field) => Object.keys(holds)
        .filter((kind) => field.dataset[kind] !== undefined && field.value !== "")
        .map((kind) => (row) => holds[kind](row, field.dataset[kind].split(" "), field.value)));
      const rows = filters.length ? all.filter((row) => filters.every((filter) => filter(row))) : [...all];
      if (by && by !== "worst") rows.sort(compared(by.split(" ")));
      if (descending) rows.reverse();
      return rows;
    };

    const show = async () => {
      await load();
      if (!all) return;
      const rows = chosen();
      const pages = Math.max(1, Math.ceil(rows.length / size));
      page = Math.min(page, pages - 1);
      table.tBodies[0].replaceChildren(...rows.slice(page * size, (page + 1) * size).map((row) => filled(template, row)));
      shown.textContent = `${numbers.format(rows.length)} of ${numbers.format(all.length)}`;
      turn(pages);
    };

    const turn = (pages) => {
      turner.hidden = pages < 2;
      const go = (label, to, possible) => {
        const button = made("button", label, { type: "button" });
        button.disabled = !possible;
        button.addEventListener("click", async () => {
          page = to;
          await show();
          turner.querySelector(to < page ? "button" : "button:last-of-type:not(:disabled), button:not(:disabled)")?.focus();
        });
        return button;
      };
      turner.replaceChildren(
        go("Previous", page - 1, page > 0),
        made("span", `Page ${numbers.format(page + 1)} of ${numbers.format(pages)}`),
        go("Next", page + 1, page < pages - 1),
      );
    };

    for (const head of table.querySelectorAll("th[data-sort]")) {
      const button = made("button", head.textContent, { type: "button", class: "sort" });
      const key = head.dataset.sort;
      button.addEventListener("click", () => {
        descending = by === key ? !descending : key.startsWith("number");
        by = key;
        page = 0;
        for (const other of table.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        show();
      });
      head.replaceChildren(button);
    }
    // A link beside a count shows what was counted; without this file it leads to the table.
    for (const link of document.querySelectorAll(`[data-choose="${name}"]`)) {
      link.addEventListener("click", () => {
        tools.reset();
        tools.querySelector("select[data-word]").value = link.dataset.value;
        tools.dispatchEvent(new Event("input"));
      });
    }
    let typing = 0;
    tools.addEventListener("input", () => {
      page = 0;
      clearTimeout(typing);
      typing = setTimeout(show, 120);
    });
    tools.addEventListener("focusin", load, { once: true });
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.hidden = false;
    turn(Math.ceil(total / size));
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("table[data-table]").forEach(start));
})();
