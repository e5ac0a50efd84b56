// Keyboard shortcuts. Single letters work outside of fields alone, and can be switched off. Left out: what they do.

const KEPT = "loccit-single-keys";
const extracts = () => [...document.querySelectorAll("#thread .extracts > .quotation")];

let allowed = true;
try {
  allowed = localStorage.getItem(KEPT) !== "off";
} catch {} // a browser that keeps nothing

function step(by) {
  const all = extracts();
  const here = all.indexOf(document.activeElement.closest(".quotation"));
  all[Math.max(0, Math.min(all.length - 1, here < 0 && by < 0 ? all.length - 1 : here + by))]?.focus();
}

/** `actions` by name are those of the menu; `escape` is called for Escape. */
export function listen(actions, escape) {
  const single = {
    "/": () => document.getElementById("question").focus(),
    "?": actions.keys,
    n: actions.new,
    h: actions.threads,
    j: () => step(1),
    k: () => step(-1),
    o: () => document.activeElement.closest(".quotation")?.querySelector("a[data-article]").click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return document.querySelector("dialog[open]") ? null : escape(); // it closes itself
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !single[event.key] || !allowed) return;
    event.preventDefault();
    single[event.key]();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "single-keys") return;
    allowed = event.target.checked;
    try {
      localStorage.setItem(KEPT, allowed ? "on" : "off");
    } catch {} // for this page alone, then
  });
}

export function showHelp() {
  document.getElementById("single-keys").checked = allowed;
  document.getElementById("keys").showModal();
}
