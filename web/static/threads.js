// Conversations, kept in this browser alone (IndexedDB), one record each: id, name, changed, and turns of
// {answer, markdown, filters}. Left out: how they look (turns.js).

const NAME_LENGTH = 80;

let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("loccit", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("threads", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = undefined)); // perhaps it works the next time
  return opened;
}

async function run(mode, act) {
  const store = (await database()).transaction("threads", mode).objectStore("threads");
  return new Promise((resolve, reject) => {
    const request = act(store);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export const thread = { id: "", name: "", changed: 0, turns: [] };

/** Go on with a kept one. */
export const begin = (kept) => Object.assign(thread, kept);

/** Keep the current one with its new turn. Raises what IndexedDB raises where the browser keeps nothing. */
export async function keepTurn(turn) {
  const before = thread.turns;
  thread.turns = [...before, turn]; // whatever becomes of it below: follow-ups and exports need it
  const kept = thread.id ? await keptThread(thread.id) : null;
  if (kept?.turns.length > before.length) thread.turns = [...kept.turns, turn]; // another window has gone on with it
  thread.id ||= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  thread.name ||= turn.answer.question.slice(0, NAME_LENGTH);
  thread.changed = Date.now();
  await run("readwrite", (store) => store.put(thread));
}

export const keptThread = (id) => run("readonly", (store) => store.get(id));
export const forget = (id) => run("readwrite", (store) => store.delete(id));

export async function rename(id, name) {
  const kept = await keptThread(id);
  if (!kept) return; // deleted in another window
  kept.name = name;
  if (thread.id === id) thread.name = name;
  await run("readwrite", (store) => store.put(kept));
}

/** Those that hold the words in their name, questions or answers, newest first. */
export async function search(words) {
  const wanted = words.toLowerCase();
  const held = ({ name, turns }) => [name, ...turns.flatMap(({ answer }) => [answer.question, answer.text])];
  const all = await run("readonly", (store) => store.getAll());
  return all
    .filter((one) => held(one).some((text) => text.toLowerCase().includes(wanted)))
    .sort((one, other) => other.changed - one.changed);
}
