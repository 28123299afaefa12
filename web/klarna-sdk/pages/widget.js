// The inline widget. It draws what the page's script tells it and reports its height; it asks nothing and decides nothing.

import { listen, post } from "./channel.js";
import { h } from "./elements.js";
import { firstPart, formatMoney } from "./money.js";
import { displayLocale, speak } from "./texts.js";

const main = document.querySelector("main");
const status = document.querySelector("[role=status]");
let announced = "";

listen((message) => {
  if (message.type === "show") show(message.content);
});

new ResizeObserver(reportHeight).observe(document.body);
post({ type: "hello" });

function show(content) {
  const view = content.view;
  const text = speak(view?.locale || navigator.language);
  document.title = text("widget_title");
  const parts = [];
  if (content.state === "loading") parts.push(skeleton(text));
  else if (content.state === "unavailable") parts.push(h("p", { class: "notice" }, text(unavailable(content.reason))));
  else parts.push(...offer(content, view, text));
  main.replaceChildren(...parts);
  main.setAttribute("aria-busy", String(content.state === "loading"));
  announce(content, text);
  reportHeight();
}

function skeleton(text) {
  return h("div", { class: "skeleton", role: "img", "aria-label": text("loading") }, h("span", {}), h("span", {}));
}

function unavailable(reason) {
  const known = { declined: "widget_declined", complete: "widget_complete", expired: "widget_expired" };
  return known[reason] || "widget_unavailable";
}

function offer(content, view, text) {
  const locale = displayLocale(view?.locale);
  const amount = Number.isInteger(content.purchase_amount) ? content.purchase_amount : view?.order_amount;
  const currency = view?.purchase_currency;
  const known = Number.isInteger(amount) && typeof currency === "string";
  const lines = [h("p", { class: "offer-title" }, text(content.state === "review" ? "widget_review" : "widget_offer"))];
  if (known && amount > 0) {
    const part = formatMoney(firstPart(amount, 3), currency, locale);
    lines.push(h("p", {}, text("widget_split", { amount: formatMoney(amount, currency, locale), part })));
  }
  if (content.note) lines.push(notice(content, text));
  lines.push(
    h(
      "p",
      { class: "small" },
      h("a", { href: "/kp/about", target: "_blank", rel: "noopener" }, text("learn_more")),
      " · ",
      h("a", { href: "/kp/about#terms", target: "_blank", rel: "noopener" }, text("terms_link")),
      " ",
      h("span", { class: "pill" }, text("test_mode")),
    ),
  );
  return lines;
}

function notice(content, text) {
  const fields = (content.fields || []).join(", ");
  return h("p", { class: `notice ${content.note}`, "data-testid": `widget-note-${content.note}` }, text(`note_${content.note}`, { fields }));
}

// Spoken once per change; the frame is drawn anew on every `load` of the shop.
function announce(content, text) {
  const spoken = content.note ? text(`note_${content.note}`, { fields: (content.fields || []).join(", ") }) : "";
  if (spoken === announced) return;
  announced = spoken;
  status.textContent = spoken;
}

// A hidden container has no width; its height would be nonsense. While the answer is awaited the frame stays as high as it was
// made: each change moves the shop's page, and a button that moves under a pressed pointer gets no click.
function reportHeight() {
  if (window.innerWidth === 0 || main.getAttribute("aria-busy") === "true") return;
  const px = Math.ceil(document.body.getBoundingClientRect().height);
  if (px > 0) post({ type: "height", px });
}
