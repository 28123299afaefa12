// Who is shopping: a guest, or a customer who logged in. Kept for as long as the tab is open.

import { authenticate, jwtDecode } from "@commercelayer/js-auth";

const KEPT = "session";

export async function openSession(config) {
  const kept = sessionStorage.getItem(KEPT);
  if (kept) return JSON.parse(kept);
  return keep(await authenticate("client_credentials", channel(config)));
}

export async function logIn(config, { username, password }) {
  return keep(await authenticate("password", { ...channel(config), username, password }));
}

function channel({ domain, clientId, scope }) {
  return { domain, clientId, scope };
}

function keep(answer) {
  if (answer.errors) throw new Error(answer.errors.map(({ detail }) => detail).join("; "));
  const { accessToken } = answer;
  const session = { accessToken, guest: jwtDecode(accessToken).payload.owner === undefined };
  sessionStorage.setItem(KEPT, JSON.stringify(session));
  return session;
}
