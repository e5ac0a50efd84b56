// Filters of the question: read from the form, shown as chips, kept in the address. Left out: the same without
// script, which the server does.

import { say } from "./texts.js";

const NAMES = ["since", "until", "source", "tag", "language"];
const form = document.getElementById("ask");
const field = (name) => form.elements[name];

export const filters = () =>
  Object.fromEntries(NAMES.map((name) => [name, field(name)?.value]).filter(([, value]) => value));

export const limit = () => Number(field("limit").value);

/** The address that asks this question again, in this conversation. */
export function address(question, threadId) {
  const query = new URLSearchParams({ ...(question && { q: question }), ...filters() });
  if (field("limit").value !== field("limit").dataset.default) query.set("limit", limit());
  return `${location.pathname}${query.size ? `?${query}` : ""}${threadId ? `#t=${threadId}` : ""}`;
}

export function showChips() {
  const chips = form.querySelector(".chips");
  const lines = Object.entries(filters()).map(([name, value]) => {
    const link = document.createElement("a");
    const shown = field(name).selectedOptions?.[0].textContent ?? value;
    Object.assign(link, { className: "chip", href: "#", textContent: `${say(name)} ${shown} ×` });
    link.dataset.clear = name;
    link.ariaLabel = `${say(name)} ${shown}, ${say("remove")}`;
    const line = document.createElement("li");
    line.append(link);
    return line;
  });
  chips.replaceChildren(...lines);
  chips.hidden = !lines.length;
}

form.addEventListener("change", (event) => {
  if (NAMES.includes(event.target.name)) showChips();
});

form.addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (!chip) return;
  event.preventDefault();
  field(chip.dataset.clear).value = "";
  showChips();
  const [, id] = location.hash.split("#t=");
  history.replaceState(null, "", address(new URLSearchParams(location.search).get("q"), id));
  document.getElementById("question").focus();
});
