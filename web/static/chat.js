// Asks without leaving the page and shows extracts as they arrive. Without this file the form is sent
// and the server renders the same. Text is only ever set as textContent: articles are not to be
// trusted. Left out: cutting and marking quotes, which the server does by code points.

const thread = document.getElementById("thread");
const form = document.getElementById("ask");
const box = document.getElementById("question");
const texts = JSON.parse(thread.dataset.texts);
const asked = [...thread.querySelectorAll(".turn")]
  .filter((turn) => turn.dataset.answerId)
  .map((turn) => ({ question: turn.dataset.question, answer_id: turn.dataset.answerId }));
let busy = false;
document.getElementById("keys").hidden = false; // true only with this file

const field = (root, name) => root.querySelector(`[data-f="${name}"]`);
const clone = (name) => document.getElementById(`${name}-template`).content.firstElementChild.cloneNode(true);
const webUrl = (url) => (/^https?:\/\//i.test(url ?? "") ? url : "");

function put(root, name, value) {
  const node = field(root, name);
  node.textContent = value ?? "";
  node.hidden = !value;
  return node;
}

function sayDate(iso) {
  const [year, month, day] = (iso ?? "").split("-").map(Number);
  const name = texts.months[month - 1];
  return day && name ? `${day} ${name} ${year}` : iso;
}

function quotation(item) {
  const node = clone("quotation");
  const article = item.article;
  const number = put(node, "number", item.number && `[${item.number}]`);
  number.href = item.source_page;
  if (item.number) number.ariaLabel = texts.open_quote.replace("{n}", item.number);
  const short = put(node, "short", item.short_answer?.text);
  short.lang = item.language;
  short.hidden = false; // its paragraph hides it, label included
  short.parentNode.hidden = !item.short_answer;
  put(node, "text", item.text).lang = item.language;
  const title = put(node, "title", article.title);
  title.href = item.source_page;
  title.lang = item.language;
  put(node, "date", sayDate(article.published)).dateTime = article.published ?? "";
  put(node, "source", article.source);
  put(node, "language", texts.languages[item.language] ?? item.language);
  const original = field(node, "original");
  original.href = webUrl(item.text_fragment_url ?? article.url);
  original.hidden = !original.getAttribute("href");
  addLinks(field(node, "also_in"), item.also_in ?? []);
  const conflicts = field(node, "conflicts");
  conflicts.hidden = !item.conflicts_with?.length;
  conflicts.append((item.conflicts_with ?? []).map((n) => ` [${n}]`).join(""));
  return node;
}

function addLinks(node, others) {
  node.hidden = !others.length;
  for (const other of others) {
    const link = document.createElement("a");
    link.href = other.source_page;
    link.textContent = other.title;
    link.dir = "auto";
    node.append(" ", link);
  }
}

function addParts(turn, parts) {
  const section = field(turn, "parts");
  section.hidden = parts.length < 2;
  for (const part of parts) {
    const line = document.createElement("li");
    const found = part.extracts.length ? texts.part_found : texts.part_missing;
    line.dir = "auto";
    line.textContent = `${part.question} — ${found} ${part.extracts.map((n) => `[${n}]`).join(" ")}`;
    section.querySelector("ul").append(line);
  }
}

function addTurn(question) {
  const turn = clone("turn");
  put(turn, "question", question);
  field(turn, "permalink").href = `/?${new URLSearchParams({ q: question })}`;
  field(turn, "waiting").hidden = false;
  turn.ariaBusy = "true";
  thread.append(turn);
  turn.scrollIntoView({ block: "start" });
  return turn;
}

const show = {
  start(turn, event) {
    const said = event.standalone_question;
    put(turn, "standalone", said === event.question ? "" : texts.understood.replace("{question}", () => said));
  },
  part() {},
  extract(turn, event) {
    field(turn, "waiting").hidden = true;
    field(turn, "extracts").append(quotation(event.extract));
  },
  no_answer(turn, event) {
    put(turn, "reason", event.reason);
    field(turn, "nearest").hidden = !event.nearest.length;
    field(turn, "passages").append(...event.nearest.map(quotation));
  },
  done(turn, { answer }) {
    field(turn, "partial").hidden = answer.status !== "partial";
    addParts(turn, answer.parts);
    if (answer.extracts.length) put(turn, "confidence", texts[`confidence_${answer.confidence}`]);
    asked.push({ question: answer.question, answer_id: answer.id });
  },
  error(turn, event) {
    throw new Error(event.error.message);
  },
};

async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) yield JSON.parse(block.replace(/^data: /, ""));
  }
}

async function send(question) {
  const options = new FormData(form);
  const body = { question, stream: true, history: asked.slice(-10), limit: Number(options.get("limit")) };
  if (options.get("language")) body.language = options.get("language");
  const headers = { "Content-Type": "application/json" };
  const response = await fetch("/v1/answer", { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response;
}

async function ask(question) {
  document.querySelector(".intro").classList.add("unseen");
  const turn = addTurn(question);
  let finished = false;
  try {
    for await (const event of readEvents(await send(question))) {
      show[event.type]?.(turn, event);
      finished ||= event.type === "done";
    }
    if (!finished) throw new TypeError("the stream ended early");
  } catch (error) {
    // fetch and JSON raise their own kinds, worded for programmers; ours carries the server's sentence
    put(turn, "problem", error.constructor === Error ? error.message : texts.lost);
    box.value ||= question;
  }
  field(turn, "waiting").hidden = true;
  turn.ariaBusy = "false";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = box.value.trim();
  if (busy || !question) return;
  busy = true;
  form.ariaBusy = "true";
  // the address bar asks the same again, options included
  history.replaceState(null, "", `/?${new URLSearchParams(new FormData(form))}`);
  box.value = "";
  await ask(question);
  busy = false;
  form.ariaBusy = "false";
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
