// Amounts for people. Minor units stay integers: the decimal text is cut out of the digits, never divided.

export function formatMoney(amount, currency, locale) {
  let format;
  try {
    format = new Intl.NumberFormat(locale, { style: "currency", currency });
  } catch {
    format = new Intl.NumberFormat("en", { style: "currency", currency: /^[A-Z]{3}$/.test(currency) ? currency : "EUR" });
  }
  const places = format.resolvedOptions().maximumFractionDigits;
  const digits = String(Math.abs(amount)).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const decimal = places > 0 ? `${whole}.${digits.slice(-places)}` : whole;
  return format.format(amount < 0 ? `-${decimal}` : decimal);
}

// Equal parts; what does not divide goes onto the first one.
export function firstPart(amount, count) {
  const rest = amount % count;
  return (amount - rest) / count + rest;
}
