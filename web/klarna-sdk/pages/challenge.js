// The bank's page of a card check, in a frame inside the flow. Two buttons, for the two answers a test wants.

import { button, h } from "./elements.js";
import { speak } from "./texts.js";

const text = speak(new URLSearchParams(location.search).get("locale"));

function answer(outcome) {
  window.parent.postMessage({ challenge: outcome }, location.origin);
}

document.title = text("challenge_title");
document.querySelector("main").append(
  h("h1", { id: "heading", tabindex: "-1" }, text("challenge_title")),
  h("p", {}, text("challenge_lead")),
  button(text("challenge_pass"), { id: "success", class: "button main", onclick: () => answer("success") }),
  button(text("challenge_fail"), { id: "rejected", onclick: () => answer("rejected") }),
);
document.getElementById("heading").focus();
