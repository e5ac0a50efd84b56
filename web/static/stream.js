// JSON sent to the server, and Server-Sent Events read one by one. Left out: what they mean.

import { say } from "./texts.js";

/** Raises Error with the server's sentence if it refuses, TypeError or AbortError if the connection ends early. */
export async function post(address, body, signal) {
  const headers = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response;
}

// fetch and JSON raise their own kinds, worded for programmers; ours carries the server's sentence
export const sentence = (error) => (error.constructor === Error ? error.message : say("lost"));

export async function* events(address, body, signal) {
  const response = await post(address, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) if (block.startsWith("data: ")) yield JSON.parse(block.slice(6));
  }
}
