// Requests to our own origin. No cookies: the client token or the flow's id is the whole credential.

export async function request(method, path, body) {
  try {
    const response = await fetch(path, {
      method,
      credentials: "omit",
      cache: "no-store",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  } catch {
    return { status: 0, body: null };
  }
}

export function flowPath(id, end = "") {
  return `/kp/api/flows/${encodeURIComponent(id)}${end}`;
}
