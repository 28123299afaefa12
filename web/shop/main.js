// The frame around the pages: market switch, navigation by the address's fragment, focus and titles on each change of page.

import { h, say } from "./elements.js";
import { cartPage } from "./pages/cart.js";
import { checkoutPage } from "./pages/checkout.js";
import { productsPage } from "./pages/products.js";
import { thanksPage } from "./pages/thanks.js";
import { chooseMarket, marketLabel, markets, openStore, store } from "./store.js";

const ROUTES = [
  [/^$/, productsPage],
  [/^cart$/, cartPage],
  [/^checkout$/, checkoutPage],
  [/^thank-you\/([A-Za-z0-9-]+)$/, thanksPage],
];

const main = document.getElementById("main");
const count = document.getElementById("cart-count");
const picker = document.getElementById("market");
let turn = 0;

start();

async function start() {
  try {
    await openStore();
  } catch (error) {
    showProblem(error);
    return;
  }
  document.querySelector(".brand").textContent = store.name;
  picker.append(...markets().map((market) => h("option", { value: market, selected: market === store.market }, marketLabel(market))));
  picker.addEventListener("change", () => {
    chooseMarket(picker.value);
    say(`Prices for ${marketLabel(picker.value)}`);
    if (location.hash.length > 2 && !location.hash.startsWith("#/cart")) location.hash = "#/";
    else show();
  });
  addEventListener("hashchange", () => {
    say("");
    show();
  });
  document.addEventListener("cart-changed", showCount);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  await show();
}

async function show() {
  const path = location.hash.replace(/^#\/?/, "");
  const [pattern, page] = ROUTES.find(([pattern]) => pattern.test(path)) || ROUTES[0];
  const mine = (turn += 1);
  main.setAttribute("aria-busy", "true");
  try {
    const content = await page(...(pattern.exec(path) || []).slice(1));
    if (mine !== turn) return;
    main.replaceChildren(content);
    const title = main.querySelector("h1");
    document.title = `${title.textContent} – ${store.name}`;
    title.tabIndex = -1;
    title.focus();
    scrollTo(0, 0);
    showCount();
  } catch (error) {
    if (mine === turn) showProblem(error);
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
  }
}

function showCount() {
  const number = store.cart.count();
  count.textContent = number > 0 ? `(${number})` : "";
}

function showProblem(error) {
  console.error(error);
  main.replaceChildren(
    h("h1", { tabindex: "-1" }, "Something went wrong"),
    h("p", { class: "problem", role: "alert" }, error.message),
    h("p", {}, h("button", { type: "button", class: "button", onclick: () => location.reload() }, "Try again")),
  );
}
