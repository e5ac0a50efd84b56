// Turns on the page: shown at once, filled as the answer streams in, and put back from a kept conversation. The
// server makes the HTML and escapes all of it. Left out: asking (chat.js), keeping (threads.js).

import { post } from "./stream.js";
import { interfaceLanguage, say } from "./texts.js";

const RESTORED_AT_ONCE = 20;
const RESTORED_BYTES = 600_000; // below the server's limit for a body

const list = () => document.getElementById("thread");
const part = (turn, name) => turn.querySelector(`:scope > .${name}`);

export function addTurn(question) {
  document.querySelector(".intro").classList.add("unseen");
  const turn = document.getElementById("turn-template").content.firstElementChild.cloneNode(true);
  turn.querySelector(".question").textContent = question;
  list().append(turn);
  turn.scrollIntoView({ block: "start" });
  return turn;
}

/** Add what one event brings. Nothing that is already to be read moves: new parts stand below it. */
export function fill(turn, event) {
  if (event.type === "extract" || event.type === "done") part(turn, "waiting")?.remove();
  if (event.type === "start") {
    const waiting = part(turn, "waiting");
    waiting.replaceWith(waiting.cloneNode(true)); // a new one did not move
    part(turn, "head").innerHTML = event.html;
  } else if (event.type === "extract") part(turn, "extracts").insertAdjacentHTML("beforeend", event.html);
  else if (event.type === "done") part(turn, "foot").innerHTML = event.html;
  else if (event.type === "error") throw new Error(event.error.message);
}

export function settle(turn) {
  part(turn, "waiting")?.remove();
  turn.ariaBusy = "false";
}

export function fail(turn, message) {
  const failed = part(turn, "failed");
  failed.hidden = false;
  failed.querySelector(".problem").textContent = message;
}

/** Said once, when the answer is whole, for people who do not see it. */
export function announce(answer) {
  const count = answer.extracts.length;
  const found = count === 1 ? say("said_one") : say("said_answered").replace("{n}", count);
  document.getElementById("said").textContent = count ? `${found} ${answer.extracts[0].text}` : answer.reason;
}

/** Show a kept conversation, compared with the articles of today. */
export async function restore(turns) {
  const shown = [];
  for (const some of pieces(turns)) {
    const response = await post("/page/thread", { ui: interfaceLanguage(), turns: some });
    shown.push(...(await response.json()).turns);
  }
  document.querySelector(".intro").classList.add("unseen");
  list().innerHTML = shown.join("");
  list().lastElementChild?.scrollIntoView({ block: "start" });
}

function* pieces(turns) {
  let some = [];
  let size = 0;
  for (const { answer, filters } of turns) {
    const more = new Blob([JSON.stringify(answer)]).size;
    if (some.length && (some.length === RESTORED_AT_ONCE || size + more > RESTORED_BYTES)) {
      yield some;
      [some, size] = [[], 0];
    }
    some.push({ answer, filters });
    size += more;
  }
  if (some.length) yield some;
}
