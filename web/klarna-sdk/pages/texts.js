// The language of the pages: the session's locale (`de-AT`, `it`, `EN`), then its language, then English.

import de from "./texts/de.js";
import en from "./texts/en.js";
import fr from "./texts/fr.js";
import it from "./texts/it.js";
import sv from "./texts/sv.js";

const LANGUAGES = { de, en, fr, it, sv };

export function speak(locale) {
  const language = String(locale || "en").toLowerCase().split(/[-_]/)[0];
  const known = Object.hasOwn(LANGUAGES, language) ? language : "en";
  document.documentElement.lang = known;
  return function text(key, values = {}) {
    const template = LANGUAGES[known][key] ?? en[key] ?? key;
    return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}

// A locale that `Intl` accepts; region and case as the session spelled them may be missing or odd.
export function displayLocale(locale) {
  try {
    return Intl.getCanonicalLocales(String(locale || "en").replace("_", "-"))[0] || "en";
  } catch {
    return "en";
  }
}
