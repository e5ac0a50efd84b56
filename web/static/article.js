// The article of a citation beside the conversation, scrolled to the quote, and a card that shows where a number
// leads. Left out: marking the quote, which the server does by code points.

import { say } from "./texts.js";

const panel = document.getElementById("panel");
const card = document.getElementById("card");
let wanted = null;
let cameFrom = null;
let cardFor = null;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-article]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  openArticle(link);
});

export async function openArticle(link) {
  wanted = link;
  const address = new URL(link.href);
  address.searchParams.set("fragment", "true");
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    return location.assign(link.href); // the browser says what is wrong
  }
  if (!response.ok) return location.assign(link.href);
  if (wanted !== link) return; // another was asked for meanwhile
  cameFrom = link;
  hideCard();
  const close = document.createElement("button");
  Object.assign(close, { type: "button", className: "quiet close", textContent: panel.dataset.close });
  close.dataset.do = "close";
  panel.innerHTML = await response.text();
  panel.prepend(close);
  panel.hidden = false;
  document.body.classList.add("reading");
  const mark = panel.querySelector("#cited");
  panel.focus({ preventScroll: true });
  (mark ?? panel).scrollIntoView({ block: mark ? "center" : "start" });
}

/** Whether there was one to close. */
export function closeArticle() {
  if (panel.hidden) return false;
  panel.hidden = true;
  panel.replaceChildren();
  document.body.classList.remove("reading");
  cameFrom?.focus();
  hideCard(); // it was read a moment ago
  return true;
}

function showCard(number) {
  const shown = number.hash.startsWith("#ans_") ? document.getElementById(number.hash.slice(1)) : number.closest("li");
  if (!shown?.matches(".quotation")) return;
  hideCard(); // of another number
  const title = document.createElement("strong");
  title.textContent = shown.querySelector(".title").textContent;
  const facts = [...shown.querySelectorAll(".place:first-of-type time, .place .source")].map((one) => one.textContent);
  const about = document.createElement("span");
  about.textContent = facts.join(" · ");
  const quote = document.createElement("q");
  quote.textContent = shown.querySelector("blockquote").textContent.trim();
  for (const one of [title, about, quote]) one.dir = "auto";
  card.replaceChildren(title, about, quote);
  card.hidden = false;
  cardFor = number;
  number.setAttribute("aria-describedby", "card");
  placeCard();
}

function placeCard() {
  const { left, bottom, top } = cardFor.getBoundingClientRect();
  card.style.maxHeight = "";
  const [above, below] = [top - 4, innerHeight - bottom - 4]; // it never covers its number
  const down = below >= Math.min(card.offsetHeight, above);
  card.style.maxHeight = `${down ? below : above}px`;
  card.style.left = `${Math.max(8, Math.min(left, innerWidth - card.offsetWidth - 8))}px`;
  card.style.top = `${down ? bottom + 2 : top - card.offsetHeight - 2}px`;
}

/** Whether there was one to hide. */
export function hideCard() {
  if (card.hidden) return false;
  card.hidden = true;
  cardFor?.removeAttribute("aria-describedby");
  cardFor = null;
  return true;
}

for (const kind of ["pointerover", "focusin"])
  document.addEventListener(kind, (event) => {
    const number = event.target.closest?.("a.number");
    if (number && number !== cardFor) showCard(number);
    else if (!number && !event.target.closest?.("#card") && kind === "pointerover" && cardFor !== document.activeElement) hideCard();
  });
document.addEventListener("focusout", hideCard);
// What has the focus keeps its card: the browser scrolls it into view. What the pointer was on has moved away.
addEventListener("scroll", () => (cardFor && cardFor === document.activeElement ? placeCard() : hideCard()), { passive: true });
