// The flow window. The server knows which screen comes next; this page draws it, sends what the shopper entered, and can be
// reloaded at any point. Closing it is a decision too, so it asks first and tells the server.

import { post } from "./channel.js";
import { h } from "./elements.js";
import { formatMoney } from "./money.js";
import { cancelDialog } from "./flow/cancel.js";
import { screens } from "./flow/screens.js";
import { flowPath, request } from "./server.js";
import { displayLocale, speak } from "./texts.js";

const BEAT_EVERY_MS = 1000;
const START_EVERY_MS = 120;
const START_TRIES = 100;
const GOODBYE_MS = 700;

const id = location.pathname.split("/").pop();
const header = document.querySelector("header");
const main = document.querySelector("main");
const status = document.querySelector("[role=status]");

let state = null;
let text = speak(navigator.language);
let askToCancel = () => {};

start();

// The window opens inside the shopper's click, so it may be here before the page has told the server about the flow.
async function start() {
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    const answer = await request("GET", flowPath(id));
    if (answer.status === 200) return begin(answer.body);
    await new Promise((resolve) => setTimeout(resolve, START_EVERY_MS));
  }
  draw({ step: "failed", view: {} });
}

function begin(first) {
  setInterval(() => request("POST", flowPath(id, "/beat"), {}), BEAT_EVERY_MS);
  request("POST", flowPath(id, "/beat"), {});
  addEventListener("pagehide", () => navigator.sendBeacon(flowPath(id, "/left")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      askToCancel();
    }
  });
  draw(first);
}

function draw(next) {
  state = next;
  const locale = displayLocale(state.view.locale);
  text = speak(state.view.locale);
  const money = (amount) => formatMoney(amount, state.view.purchase_currency, locale);
  const merchant = state.view.merchant_name || text("merchant");
  askToCancel = cancelDialog(text, cancel);
  drawHeader(merchant, money);
  const screen = screens[state.step] || screens.ended;
  main.replaceChildren(screen({ state, text, money, merchant, locale, submit, say, cancel: askToCancel }));
  main.setAttribute("aria-busy", "false");
  const title = main.querySelector("h1, h2");
  document.title = `${title?.textContent || text("paying", { merchant })} – ${merchant}`;
  if (!main.querySelector("dialog")) title?.focus();
  for (const dialog of main.querySelectorAll("dialog")) dialog.showModal();
  scrollTo(0, 0);
  if (state.status === "closed") leave(state.step === "done" ? GOODBYE_MS : 0);
}

function drawHeader(merchant, money) {
  const amount = Number.isInteger(state.view.order_amount) ? money(state.view.order_amount) : "";
  header.replaceChildren(
    h("span", { class: "brand" }, "Kassa"),
    h("span", { class: "pill" }, text("test_mode")),
    state.status === "closed" ? "" : h("button", { type: "button", class: "close", "aria-label": text("close"), onclick: () => askToCancel() }, "×"),
    h("p", { class: "purchase" }, h("span", {}, text("paying", { merchant })), h("strong", {}, amount)),
  );
}

// Sends one step. Answers with the errors by field, or draws what comes next and answers null.
async function submit(step, values) {
  main.setAttribute("aria-busy", "true");
  const answer = await request("POST", flowPath(id, "/steps"), { step, ...values });
  main.setAttribute("aria-busy", "false");
  if (answer.status === 200) {
    draw(answer.body);
    return null;
  }
  if (answer.status === 404) {
    draw({ ...state, step: "ended", status: "closed" });
    return null;
  }
  return answer.body?.errors || { "": "general" };
}

function say(words) {
  status.textContent = words;
}

async function cancel() {
  const answer = await request("POST", flowPath(id, "/cancel"), {});
  const step = answer.body?.result?.approved ? "done" : "ended";
  draw({ ...state, step, status: "closed", leave_to: answer.body?.leave_to });
}

// On a hosted page we lead on to the shop. Elsewhere the page closes us as soon as it has read the outcome; where it is gone,
// we close ourselves.
function leave(after) {
  const to = state.leave_to;
  setTimeout(() => {
    if (to) return location.replace(to);
    post({ type: "changed" });
    if (window.parent === window) setTimeout(() => window.close(), 400);
  }, after);
}
