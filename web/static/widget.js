// One script tag puts the chat in a corner of any allowed site:
//   <script src="https://loccit.example/widget.js" async data-label="Ask us"></script>
// What it adds stands in a shadow root, and the chat in a frame, so that neither page can reach into the other's.
// Left out: the chat itself, which is the server's page /embed.

(() => {
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const language = (script.dataset.language || document.documentElement.lang || navigator.language).slice(0, 2);
  const french = language === "fr";
  const label = script.dataset.label ?? (french ? "Poser une question" : "Ask a question");
  const refused = french
    ? "Cette page n’est pas autorisée à montrer ce service : nommez son origine dans le réglage widget_origins."
    : "This site may not show the chat: its origin must be named in the server’s setting widget_origins.";
  const style = `
    :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; color-scheme: light dark;
      font: 600 1rem/1.3 system-ui, sans-serif; }
    button { font: inherit; color: #fff; background: #1f5f5b; border: 0; border-radius: 999px; padding: 0.8rem 1.3rem;
      min-height: 2.8rem; cursor: pointer; box-shadow: 0 2px 10px #0005; }
    button:focus-visible { outline: 3px solid #7cc7bf; outline-offset: 2px; }
    div { position: fixed; right: 1rem; bottom: 4.6rem; width: min(25rem, calc(100vw - 2rem));
      height: min(38rem, calc(100dvh - 6rem)); background: Canvas; color: CanvasText; border: 1px solid GrayText;
      border-radius: 12px; overflow: hidden; box-shadow: 0 6px 30px #0006; }
    div[hidden] { display: none; }
    iframe { width: 100%; height: 100%; border: 0; }
    p { margin: 1rem; font-weight: 400; }`;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // a style element would be at the mercy of the site's own policy
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.textContent = label;
  button.ariaExpanded = "false";
  const box = document.createElement("div");
  box.hidden = true;
  root.append(box, button);
  const show = () => document.body.append(host);
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show);

  let frame = null;
  function load() {
    frame = document.createElement("iframe");
    frame.title = label;
    frame.allow = "clipboard-write";
    frame.src = `${origin}/embed${["en", "fr"].includes(language) ? `?ui=${language}` : ""}`;
    frame.addEventListener("load", () => setTimeout(check, 3_000)); // a refused frame is loaded too, with nothing in it
    box.append(frame);
  }

  function check() {
    if (frame.dataset.ready) return;
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    box.replaceChildren(said);
    said.textContent = refused;
  }

  function toggle(open) {
    if (open && !frame) load();
    box.hidden = !open;
    button.ariaExpanded = String(open);
    (open ? frame : button).focus();
  }

  button.addEventListener("click", () => toggle(box.hidden));
  root.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== frame?.contentWindow) return;
    if (event.data === "loccit:ready") frame.dataset.ready = "yes";
    if (event.data === "loccit:close") toggle(false);
  });
})();
