// Sorting of arguments. Shops pass options and data together, swapped, or one without the other, so a member counts as an
// option by its name and not by its place; everything else is session data.

const OPTION_KEYS = new Set([
  "container",
  "payment_method_category",
  "payment_method_categories",
  "instance_id",
  "preferred_payment_method",
  "auto_finalize",
  "purchase_amount",
]);

function sortArguments(values) {
  const list = Array.from(values);
  const functions = list.filter((value) => typeof value === "function");
  const objects = list.filter(isObject);
  const sorted = { options: {}, data: {}, callback: functions.pop() || null, given: objects.length > 0 };
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      if (value === null || value === undefined) continue;
      if (OPTION_KEYS.has(key)) sorted.options[key] = value;
      else sorted.data[key] = value;
    }
  }
  sorted.data = plainCopy(sorted.data);
  return sorted;
}

// What cannot be sent as JSON cannot be session data; it is left out without a word.
function plainCopy(data) {
  try {
    return JSON.parse(JSON.stringify(data));
  } catch {
    return {};
  }
}

// An empty string and an absent category mean the same: all categories of the session in one widget.
// List elements are met as strings, as whole category objects and as `{payment_method_category, instance_id}`.
function wantedCategories(options) {
  const single = options.payment_method_category;
  if (typeof single === "string" && single !== "") return [single];
  const list = Array.isArray(options.payment_method_categories) ? options.payment_method_categories : [];
  return list
    .map((entry) => (isObject(entry) ? entry.identifier || entry.payment_method_category : entry))
    .filter((entry) => typeof entry === "string" && entry !== "");
}

// The key under which a widget is known, and the middle part of its frame's name.
function instanceKey(options) {
  if (typeof options.instance_id === "string" && options.instance_id !== "") return options.instance_id;
  const single = options.payment_method_category;
  if (typeof single === "string" && single !== "") return single.replace(/_/g, "-");
  return "klarna-payments-instance";
}

function findContainer(container) {
  if (container instanceof Element) return container;
  if (typeof container !== "string") return null;
  try {
    return document.querySelector(container);
  } catch {
    return null;
  }
}

// Three parts, the first two base64url JSON. The signature belongs to the server.
function tokenClaims(token) {
  if (typeof token !== "string") return null;
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  return decodePart(parts[0]) && decodePart(parts[1]);
}

function decodePart(part) {
  try {
    const padded = part.replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
    const value = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
