// A JSON:API client, as small as this shop needs: one access token per market, documents in, linked objects out.

const MEDIA_TYPE = "application/vnd.api+json";
const TOKEN_MARGIN_MS = 60_000;

export class ApiError extends Error {
  constructor(status, errors) {
    super(errors[0]?.detail || errors[0]?.title || `the shop answered with ${status}`);
    this.status = status;
    this.errors = errors;
  }

  // Whether an error names this attribute or relationship.
  find(name) {
    return this.errors.find((error) => error.source?.pointer?.endsWith(`/${name}`));
  }

  get isPending() {
    return this.errors.some((error) => error.meta?.error === "pending");
  }
}

export class Api {
  constructor(channel) {
    this.channel = channel;
    this.storageKey = `shop-token:${channel.client_id}:${channel.scope}`;
  }

  get(path, query) {
    return this.#call("GET", path, query);
  }

  create(type, attributes, relationships, query) {
    return this.#call("POST", type, query, { type, attributes, relationships: identifiers(relationships) });
  }

  update(type, id, attributes, relationships, query) {
    return this.#call("PATCH", `${type}/${id}`, query, { type, id, attributes, relationships: identifiers(relationships) });
  }

  remove(type, id) {
    return this.#call("DELETE", `${type}/${id}`);
  }

  async #call(method, path, query, data) {
    let response = await this.#send(method, path, query, data);
    if (response.status === 401 && (await isStaleToken(response.clone()))) {
      sessionStorage.removeItem(this.storageKey);
      response = await this.#send(method, path, query, data);
    }
    if (response.status === 204) return null;
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, body.errors || []);
    return link(body);
  }

  async #send(method, path, query, data) {
    const search = query ? `?${new URLSearchParams(query)}` : "";
    return fetch(`/api/${path}${search}`, {
      method,
      headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE, authorization: `Bearer ${await this.#token()}` },
      body: data ? JSON.stringify({ data }) : undefined,
    });
  }

  async #token() {
    const kept = JSON.parse(sessionStorage.getItem(this.storageKey) || "null");
    if (kept && kept.until > Date.now()) return kept.token;
    const response = await fetch("/oauth/token", {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ grant_type: "client_credentials", client_id: this.channel.client_id, scope: this.channel.scope }),
    });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, body.errors || []);
    const until = Date.now() + body.expires_in * 1000 - TOKEN_MARGIN_MS;
    sessionStorage.setItem(this.storageKey, JSON.stringify({ token: body.access_token, until }));
    return body.access_token;
  }
}

async function isStaleToken(response) {
  const body = await response.json().catch(() => ({}));
  return (body.errors || []).some((error) => error.code === "INVALID_TOKEN");
}

function identifiers(relationships) {
  const made = {};
  for (const [name, target] of Object.entries(relationships || {})) {
    made[name] = { data: target ? { type: target.type, id: target.id } : null };
  }
  return made;
}

// One object per resource, relationships replaced by the objects they point to.
function link(body) {
  const known = new Map();
  const all = [body.data, body.included || []].flat().filter(Boolean);
  for (const resource of all) {
    known.set(`${resource.type}/${resource.id}`, { id: resource.id, type: resource.type, ...resource.attributes });
  }
  const find = (identifier) => known.get(`${identifier.type}/${identifier.id}`) || identifier;
  for (const resource of all) {
    const made = find(resource);
    for (const [name, relationship] of Object.entries(resource.relationships || {})) {
      if (!("data" in relationship)) continue;
      const { data } = relationship;
      made[name] = Array.isArray(data) ? data.map(find) : data && find(data);
    }
  }
  if (!Array.isArray(body.data)) return body.data && find(body.data);
  return Object.assign(body.data.map(find), { meta: body.meta || {} });
}
