// How it ends: offers to new shoppers after the approval, thanks, the decline, and what is left when nothing can be shown.

import { button, h, heading } from "../elements.js";

export function offerFast({ text, submit }) {
  return offer(text, submit, "offer_fast", "SmoothCheckoutPopUp:skip");
}

export function offerFavourite({ text, submit }) {
  return offer(text, submit, "offer_favourite", "PushFavoritePayment:skip-favorite-selection");
}

function offer(text, submit, step, skip) {
  return h(
    "section",
    {},
    heading(text(`${step}_title`)),
    h("p", {}, text(`${step}_lead`)),
    button(text("offer_accept"), { class: "button main", onclick: () => submit(step, { accepted: true }) }),
    button(text("offer_skip"), { id: skip, "data-testid": skip, onclick: () => submit(step, { accepted: false }) }),
  );
}

export function done({ text }) {
  return h("section", { id: "purchaseApproved" }, mark(), heading(text("done_title")), h("p", { role: "status" }, text("done_lead")));
}

function mark() {
  const svg = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", "0 0 48 48");
  picture.setAttribute("class", "mark");
  picture.setAttribute("aria-hidden", "true");
  const tick = document.createElementNS(svg, "path");
  tick.setAttribute("d", "M10 25l9 9 19-20");
  picture.append(tick);
  return picture;
}

export function declined({ state, text, submit }) {
  const reason = state.decline_reason ? h("p", { class: "small" }, text("declined_reason", { reason: state.decline_reason.replaceAll("_", " ") })) : null;
  return h(
    "section",
    { id: "purchaseDeclined" },
    h(
      "dialog",
      {
        role: "alertdialog",
        "aria-modal": "true",
        "aria-labelledby": "heading",
        "aria-describedby": "declined-lead",
        oncancel: (event) => {
          event.preventDefault();
          submit("dismiss", {});
        },
      },
      h("h1", { id: "heading", tabindex: "-1", autofocus: true }, text("declined_title")),
      h("p", { id: "declined-lead" }, text("declined_lead")),
      reason,
      button(text("declined_button"), { id: "message-dialog-dismiss-button", class: "button main", onclick: () => submit("dismiss", {}) }),
    ),
  );
}

export function ended({ text }) {
  return h("section", {}, heading(text("ended_title")), h("p", {}, text("ended_lead")));
}

export function failed({ text }) {
  return h("section", {}, heading(text("failed_title")), h("p", { role: "alert" }, text("failed_lead")));
}
