// The names under which the browser finds the shop, a stranger, the API and Klarna's script.

// The domain that the components have built in.
export const DOMAIN = "commercelayer.io";
export const SHOP = "shop.example.com";
export const KLARNA = "x.klarnacdn.net";
// Another origin, with an empty page and no policy of its own.
export const STRANGER = "stranger.example.com";
