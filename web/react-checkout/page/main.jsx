// A shop of published components: its cart, its checkout, its thank-you page. Which one is shown says the path.

import { CommerceLayer } from "@commercelayer/react-components";
import { createRoot } from "react-dom/client";

import { Cart } from "./cart.jsx";
import { Checkout } from "./checkout.jsx";
import { LogIn } from "./log-in.jsx";
import { openSession } from "./session.js";
import { Thanks } from "./thanks.jsx";

const PAGES = { "/": Cart, "/checkout": Checkout, "/thanks": Thanks };

const config = await fetch("/config.json").then((response) => response.json());
const session = await openSession(config);
const Page = PAGES[location.pathname];

createRoot(document.getElementById("page")).render(
  <CommerceLayer accessToken={session.accessToken} domain={config.domain}>
    <LogIn config={config} session={session} />
    <Page config={config} session={session} orderId={new URLSearchParams(location.search).get("order")} />
  </CommerceLayer>,
);
