// What the script remembers between calls and between repeated evaluations of itself. One page has one state; it hangs on
// `Klarna.Payments` under a symbol, so that a second copy of the script finds it instead of starting afresh.

const STATE = Symbol.for("kassa.payments.state");
const PROTOCOL = 1;
const SCRIPT_PATH = "/kp/lib/v1/api.js";

function createState(origin) {
  return {
    origin,
    token: null, // the client token given to the last `init`
    claims: null, // its payload; display language and market only, never an address to talk to
    data: {}, // session data given so far; later calls merge over earlier ones
    categories: new Map(), // client token -> category identifiers, known once the first `load` was answered
    finals: new Map(), // client token -> why this session cannot be paid any more
    widgets: new Map(), // instance key -> widget
    handlers: new Map(), // event name -> Set of functions
    flow: null, // the one purchase flow that may be open
    bridge: null,
  };
}

// The origin everything talks to is where this very script came from: a shop maps one host and nothing else.
function scriptOrigin() {
  const own = document.currentScript;
  if (own && own.src) return new URL(own.src, document.baseURI).origin;
  for (const script of document.scripts) {
    if (script.src && new URL(script.src, document.baseURI).pathname === SCRIPT_PATH) return new URL(script.src, document.baseURI).origin;
  }
  return location.origin;
}

// `crypto.randomUUID` is missing on plain-http shops, `getRandomValues` is not.
function randomHex(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Addresses and the customer merge member by member, everything else is replaced.
function mergeData(earlier, later) {
  const merged = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    merged[key] = isObject(value) && isObject(merged[key]) ? { ...merged[key], ...value } : value;
  }
  return merged;
}
