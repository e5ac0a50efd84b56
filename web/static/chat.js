// The chat page: asks without leaving it, and runs its menu. Without this file the form is sent and the server
// renders the same. Left out: turns, articles, filters, conversations, each in a file of its own.

import { closeArticle, hideCard } from "./article.js";
import { address, filters, limit, showChips } from "./filters.js";
import { listen, showHelp } from "./keys.js";
import { events, sentence } from "./stream.js";
import { chosenLanguage, interfaceLanguage, say, switchLanguage } from "./texts.js";
import { begin, forget, keepTurn, keptThread, rename, search, thread } from "./threads.js";
import { copy, save, sendFeedback } from "./tools.js";
import { addTurn, announce, fail, fill, restore, settle } from "./turns.js";

const HISTORY = 6; // earlier questions that the server reads

const form = document.getElementById("ask");
const box = document.getElementById("question");
let running = null; // what stops the answer under way

const before = [...form.querySelectorAll("input[name=h]")].map((field) => ({ question: field.value })); // of the address
const ours = () => thread.turns.map(({ answer }) => ({ question: answer.question, answer_id: answer.id }));
const earlier = () => [...before, ...ours()].slice(-HISTORY);

async function ask(question) {
  if (running || !question.trim()) return;
  running = new AbortController();
  form.ariaBusy = "true";
  const turn = addTurn(question);
  const narrowed = filters();
  const body = { question, history: earlier(), filters: narrowed, limit: limit(), ui: chosenLanguage() };
  let [ui, answer] = [null, null];
  try {
    for await (const event of events("/page/turn", body, running.signal)) {
      fill(turn, event);
      ui ??= event.ui;
      if (event.type === "done") answer = { answer: event.answer, markdown: event.markdown, filters: narrowed };
    }
    if (!answer) throw new TypeError("the stream ended early");
    await keep(answer);
  } catch (error) {
    fail(turn, error.name === "AbortError" ? say("stopped") : sentence(error));
    turn.dataset.question = question;
    box.value ||= question;
  }
  settle(turn);
  running = null;
  form.ariaBusy = "false";
  if (!answer) return;
  if (ui !== interfaceLanguage()) await switchLanguage(ui).then(showChips, () => {});
  announce(answer.answer);
}

async function keep(turn) {
  const kept = await keepTurn(turn).then(() => true, () => false);
  for (const field of form.querySelectorAll("input[name=h]")) field.remove(); // the script sends them itself
  history.replaceState(null, "", address(turn.answer.question, kept && thread.id));
}

const actions = {
  stop: () => running?.abort(),
  new: () => location.assign(location.pathname),
  markdown: () => save("markdown"),
  json: () => save("json"),
  print: () => print(),
  keys: showHelp,
  close: closeArticle,
  copy,
  async threads() {
    document.getElementById("threads").showModal();
    await listThreads("");
  },
  async open(button) {
    const opened = await openThread(button.closest("li").dataset.id).catch(() => false);
    if (!opened) return (button.textContent = say("lost"));
    document.getElementById("threads").close();
  },
  async delete(button) {
    const { id } = button.closest("li").dataset;
    await forget(id);
    if (id === thread.id) return actions.new();
    const words = document.getElementById("threads-search");
    await listThreads(words.value);
    words.focus(); // the button is gone
  },
  retry(button) {
    if (running) return;
    const turn = button.closest(".turn");
    if (box.value === turn.dataset.question) box.value = "";
    turn.remove();
    ask(turn.dataset.question);
  },
};

async function listThreads(words) {
  const dialog = document.getElementById("threads");
  const found = await search(words).catch(() => null);
  const line = document.getElementById("kept-template").content;
  const lines = (found ?? []).map((one) => {
    const node = line.firstElementChild.cloneNode(true);
    node.dataset.id = one.id;
    node.querySelector(".name").value = one.name;
    return node;
  });
  dialog.querySelector(".kept").replaceChildren(...lines);
  const none = dialog.querySelector(".none");
  none.hidden = lines.length > 0;
  if (!found) none.textContent = say("not_kept");
}

async function openThread(id) {
  const kept = await keptThread(id);
  if (!kept) return false;
  running?.abort();
  closeArticle();
  await restore(kept.turns);
  begin(kept);
  before.length = 0;
  history.replaceState(null, "", address(kept.turns.at(-1).answer.question, id));
  return true;
}

/** Whether it was open. */
function closeMenu() {
  const menu = document.querySelector(".menu[open]");
  if (!menu) return false;
  menu.open = false;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  return true;
}

document.addEventListener("click", (event) => {
  if (!event.target.closest(".menu")) closeMenu();
  const button = event.target.closest("button[data-do]");
  const question = event.target.closest("a[data-ask]");
  if (button) {
    closeMenu(); // before a dialog opens: it gives the focus back to where it was
    actions[button.dataset.do]?.(button);
  }
  const cited = event.target.closest("a[data-card]");
  if (cited) {
    event.preventDefault(); // the address stays that of the conversation
    document.getElementById(cited.hash.slice(1))?.focus();
  }
  if (question && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    ask(question.textContent);
  }
});

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (target.method === "dialog") return;
  event.preventDefault();
  if (target.dataset.do === "feedback") return sendFeedback(target, submitter.value);
  const asked = target === form ? box.value : target.elements.q.value;
  if (running || !asked.trim()) return;
  if (target === form) box.value = "";
  ask(asked.trim());
});

document.addEventListener("input", (event) => {
  if (event.target.id === "threads-search") listThreads(event.target.value);
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".kept .name")) rename(event.target.closest("li").dataset.id, event.target.value);
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

listen(actions, () => {
  if (closeMenu() || hideCard() || closeArticle()) return;
  if (running) running.abort();
  else if (parent !== window) parent.postMessage("loccit:close", "*");
});

const answered = document.getElementById("answered");
const id = location.hash.startsWith("#t=") && location.hash.slice(3);
const restored = id && (await openThread(id).catch(() => false));
if (!restored && answered) await keep({ ...JSON.parse(answered.textContent), filters: filters() });
if (parent !== window) parent.postMessage("loccit:ready", "*");
