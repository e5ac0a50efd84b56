// What can be done with an answer: copy a reference, give feedback, save the conversation. Left out: how references
// and Markdown are written, which the server does.

import { post, sentence } from "./stream.js";
import { say } from "./texts.js";
import { thread } from "./threads.js";

export async function copy(button) {
  const reference = button.closest(".form").nextElementSibling;
  try {
    await navigator.clipboard.writeText(reference.textContent);
    button.textContent = say("copied");
  } catch {
    getSelection().selectAllChildren(reference); // pages without https may not write; Ctrl+C then does
  }
}

export async function sendFeedback(form, verdict) {
  const { answer_id, extract, comment } = Object.fromEntries(new FormData(form));
  const body = { answer_id, verdict, extract: extract ? Number(extract) : null, comment: comment || null };
  const said = form.querySelector("[role=status]") ?? document.createElement("p");
  said.setAttribute("role", "status");
  try {
    await post("/v1/feedback", body);
    said.textContent = say("feedback_thanks");
    form.replaceChildren(said);
  } catch (error) {
    said.textContent = sentence(error);
    form.append(said);
  }
}

/** A file of the whole conversation, made in the browser. */
export function save(kind) {
  const { name, turns } = thread;
  const whole = { object: "thread", name, answers: turns.map((turn) => turn.answer) };
  const text = kind === "json" ? JSON.stringify(whole, null, 2) : turns.map((turn) => turn.markdown).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind === "json" ? "application/json" : "text/markdown" }));
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replace(/^-|-$/g, "") || "loccit"}.${kind === "json" ? "json" : "md"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
