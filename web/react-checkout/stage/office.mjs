// The back office: what a shop's people prepare and look up through the API, and Klarna's own books.

const MEDIA = "application/vnd.api+json";

export async function openOffice(demo) {
  const answer = await fetch(`${demo.gateway_url}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", ...demo.integration }),
  });
  const { access_token: token } = await answer.json();

  async function call(method, path, data) {
    const response = await fetch(`${demo.gateway_url}/api/${path}`, {
      method,
      headers: { accept: MEDIA, "content-type": MEDIA, authorization: `Bearer ${token}` },
      body: data && JSON.stringify({ data }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  return {
    async list(type, query) {
      const { data } = await call("GET", `${type}?${new URLSearchParams(query)}`);
      return data.map(plain);
    },
    async create(type, attributes, relationships = {}) {
      const { data } = await call("POST", type, { type, attributes, relationships });
      return plain(data);
    },
    async update(type, id, attributes) {
      return plain((await call("PATCH", `${type}/${id}`, { type, id, attributes, relationships: {} })).data);
    },
    // An order with the rows it consists of, by type.
    async order(id, include) {
      const { data, included = [] } = await call("GET", `orders/${id}?include=${include}`);
      return { ...plain(data), rows: grouped(included.map(plain)) };
    },
    klarnaOrder: (id) => klarna(demo, `/ordermanagement/v1/orders/${id}`),
  };
}

export const to = (row) => ({ data: { type: row.type, id: row.id } });

function plain({ id, type, attributes }) {
  return { id, type, ...attributes };
}

function grouped(rows) {
  const groups = {};
  for (const row of rows) (groups[row.type] ??= []).push(row);
  return groups;
}

async function klarna(demo, path) {
  const { username, password } = demo.klarna;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const response = await fetch(`${demo.sandbox_url}${path}`, { headers: { authorization } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
