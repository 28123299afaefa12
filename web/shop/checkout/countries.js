// Countries a market ships to, and a public test shopper for each market, so that a demonstration needs no typing.

const EUROPE = [
  ["AT", "Austria"], ["BE", "Belgium"], ["BG", "Bulgaria"], ["HR", "Croatia"], ["CY", "Cyprus"], ["CZ", "Czechia"], ["DK", "Denmark"],
  ["EE", "Estonia"], ["FI", "Finland"], ["FR", "France"], ["DE", "Germany"], ["GR", "Greece"], ["HU", "Hungary"], ["IE", "Ireland"],
  ["IT", "Italy"], ["LV", "Latvia"], ["LT", "Lithuania"], ["LU", "Luxembourg"], ["MT", "Malta"], ["NL", "Netherlands"], ["PL", "Poland"],
  ["PT", "Portugal"], ["RO", "Romania"], ["SK", "Slovakia"], ["SI", "Slovenia"], ["ES", "Spain"], ["SE", "Sweden"],
];

const MARKETS = {
  EU: EUROPE,
  US: [["US", "United States"]],
  UK: [["GB", "United Kingdom"]],
  SE: [["SE", "Sweden"]],
};

const SHOPPERS = {
  EU: ["customer@email.de", "Mock", "Mock", "Neue Schönhauser Str. 2", "10178", "Berlin", "", "DE", "+49017614284340"],
  US: ["customer@email.us", "Test", "Person-us", "509 Amsterdam Ave", "10024-3941", "New York", "NY", "US", "+13106683312"],
  UK: ["customer@email.uk", "Test", "Person-uk", "10 New Burlington Street Apt. 214", "W1S 3BE", "London", "", "GB", "+447755564318"],
  SE: ["customer@email.se", "Alice", "Test", "Södra Blasieholmshamnen 2", "11148", "Stockholm", "", "SE", "+46701740615"],
};

const NAMES = ["email", "first_name", "last_name", "line_1", "zip_code", "city", "state_code", "country_code", "phone"];

export function countries(market) {
  return MARKETS[market] || EUROPE;
}

export function needsState(country) {
  return country === "US";
}

export function testShopper(market) {
  const values = SHOPPERS[market] || SHOPPERS.EU;
  return Object.fromEntries(NAMES.map((name, index) => [name, values[index]]));
}
