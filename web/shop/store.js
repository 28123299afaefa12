// What the shop knows while it is open: its configuration, the market the shopper chose, and one cart per market.

import { Api } from "./api.js";
import { Cart } from "./cart.js";

const MARKET_KEY = "shop-market";
const LABELS = {
  EU: "Europe (EUR)",
  US: "United States (USD)",
  UK: "United Kingdom (GBP)",
  SE: "Sweden (SEK)",
};

export const store = { config: null, name: "Shop", market: null, api: null, cart: null };

export async function openStore() {
  const response = await fetch("/shop/config.json", { cache: "no-store" });
  if (!response.ok) throw new Error("the shop has no configuration");
  store.config = await response.json();
  const wanted = localStorage.getItem(MARKET_KEY);
  chooseMarket(markets().includes(wanted) ? wanted : markets()[0]);
  const organization = await store.api.get("organization", { "fields[organizations]": "name" });
  store.name = organization.name || store.name;
}

export function markets() {
  return Object.keys(store.config.sales_channels);
}

export function marketLabel(market) {
  return LABELS[market] || market;
}

export function chooseMarket(market) {
  store.market = market;
  store.api = new Api(store.config.sales_channels[market]);
  store.cart = new Cart(store.api, `${store.config.organization}:${market}`);
  localStorage.setItem(MARKET_KEY, market);
}
