"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const changes = [...document.querySelectorAll(".change")];
  const filters = [...document.querySelectorAll("[data-filter]")];
  const search = find("search");
  if (!search) return;
  const texts = changes.map((change) => change.textContent.toLowerCase());
  const values = {
    action: (data) => [data.action],
    kind: (data) => [data.kind],
    risk: (data) => data.risks.split(" "),
  };

  const wanted = () => {
    const by = {};
    for (const button of filters) {
      if (button.getAttribute("aria-pressed") === "true") {
        (by[button.dataset.filter] ??= new Set()).add(button.dataset.value);
      }
    }
    return Object.entries(by);
  };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const by = wanted();
    let count = 0;
    let all = 0;
    changes.forEach((change, index) => {
      const data = change.dataset;
      const fits =
        words.every((word) => texts[index].includes(word)) &&
        by.every(([filter, set]) => values[filter](data).some((value) => set.has(value)));
      change.hidden = !fits;
      all += Number(data.count);
      count += fits ? Number(data.count) : 0;
    });
    const narrowed = words.length > 0 || by.length > 0;
    find("count").textContent = (narrowed ? `${count} of ${all}` : `${all}`) + (all === 1 ? " resource" : " resources");
    find("none").hidden = count > 0;
    find("clear").disabled = !narrowed;
  };

  const clear = () => {
    search.value = "";
    filters.forEach((button) => button.setAttribute("aria-pressed", "false"));
    show();
  };

  const visible = () => changes.filter((change) => !change.hidden);
  const toggle = (open) => visible().forEach((change) => { change.open = open; });

  const reveal = () => {
    const target = find(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.classList.contains("change")) return;
    if (target.hidden) clear();
    target.open = true;
    target.scrollIntoView({ block: "start" });
    target.querySelector("summary").focus({ preventScroll: true });
  };

  const step = (by) => {
    const heads = visible().map((change) => change.querySelector("summary"));
    const here = heads.indexOf(document.activeElement);
    const next = heads[here + by];
    if (here < 0 || !next) return false;
    next.focus();
    return true;
  };

  search.addEventListener("input", show);
  filters.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
  }));
  find("open").addEventListener("click", () => toggle(true));
  find("close").addEventListener("click", () => toggle(false));
  find("clear").addEventListener("click", () => { clear(); search.focus(); });
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => toggle(true));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") {
      clear();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (step(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });
  reveal();
})();
