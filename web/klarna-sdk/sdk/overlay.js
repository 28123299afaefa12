// The cover over the shop's page while a flow is open: a modal dialog in the top layer, so no stacking order of the shop can
// hide it and the page beneath is inert. In the frame variant the dialog holds the flow itself, slotted in from the light
// tree, where test suites look for it by name.

const OVERLAY_SHEET = `
  dialog { border: 0; margin: 0; padding: 0; width: 100vw; height: 100vh; height: 100dvh; max-width: none; max-height: none;
    background: rgba(16, 24, 32, .88); color: #fff; font: 16px/1.5 system-ui, sans-serif; overflow: auto; }
  dialog::backdrop { background: transparent; }
  .card { box-sizing: border-box; max-width: 26rem; min-height: 100%; margin: 0 auto; padding: 1.5rem; display: flex; flex-direction: column;
    justify-content: center; align-items: stretch; gap: .75rem; text-align: center; }
  h2 { margin: 0; font-size: 1.35rem; line-height: 1.3; outline: none; }
  p { margin: 0 0 .5rem; }
  button { font: inherit; font-weight: 600; min-height: 3rem; padding: .5rem 1rem; border-radius: .5rem; cursor: pointer; border: 2px solid #fff; }
  .main { background: #fff; color: #102a2e; }
  .quiet { background: transparent; color: #fff; }
  button:focus-visible { outline: 3px solid #7fd4c1; outline-offset: 3px; }
  [hidden] { display: none; }
`;

function createOverlay(state, { frame, focusWindow, cancel }) {
  const returnTo = document.activeElement;
  const host = document.createElement("div");
  host.dataset.testid = "payment-overlay";
  host.lang = overlayLanguage(state);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(OVERLAY_SHEET);
  root.adoptedStyleSheets = [sheet];
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("role", "dialog");
  root.append(dialog);
  if (frame) fillWithFrame(state, host, dialog, frame);
  else fillWithCard(state, dialog, { focusWindow, cancel });
  // A browser lets a second Escape pass the `cancel` event by; a flow still open keeps its cover.
  dialog.addEventListener("close", () => dialog.isConnected && dialog.showModal());
  (document.body || document.documentElement).append(host);
  dialog.showModal();
  if (frame) frame.focus();
  else dialog.querySelector("h2").focus();
  return function remove() {
    dialog.close();
    host.remove();
    if (returnTo instanceof HTMLElement && returnTo.isConnected) returnTo.focus();
  };
}

function fillWithFrame(state, host, dialog, frame) {
  dialog.setAttribute("aria-label", overlayText(state, "flowTitle"));
  applyStyles(frame, { display: "block", width: "100%", height: "100%", border: "0", "color-scheme": "light" });
  dialog.append(document.createElement("slot"));
  // Closing belongs to the flow inside, which asks first; Escape must not tear its frame away.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.style.setProperty("overflow", "hidden");
  host.append(frame);
}

function fillWithCard(state, dialog, { focusWindow, cancel }) {
  const text = (key) => overlayText(state, key);
  const card = document.createElement("div");
  card.className = "card";
  const heading = element("h2", text("heading"));
  heading.id = "heading";
  heading.tabIndex = -1;
  dialog.setAttribute("aria-labelledby", "heading");
  const lead = element("p", text("lead"));
  const front = button("main", text("focus"), focusWindow);
  const leave = button("quiet", text("cancel"), () => askTwice(true));
  const yes = button("main", text("yes"), cancel);
  const no = button("quiet", text("no"), () => askTwice(false));
  function askTwice(asking) {
    for (const part of [lead, front, leave]) part.hidden = asking;
    for (const part of [yes, no]) part.hidden = !asking;
    heading.textContent = text(asking ? "sure" : "heading");
    heading.focus();
  }
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    askTwice(!leave.hidden);
  });
  card.append(heading, lead, front, leave, yes, no);
  dialog.append(card);
  askTwice(false);
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function button(className, text, action) {
  const made = element("button", text);
  made.type = "button";
  made.className = className;
  made.addEventListener("click", action);
  return made;
}
