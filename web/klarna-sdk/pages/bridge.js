// The hidden frame that asks the server on behalf of the shop's page: a fixed list of operations and nothing else.

import { listen, post } from "./channel.js";
import { flowPath, request } from "./server.js";

const OPERATIONS = {
  load: (body) => request("POST", "/kp/api/load", body),
  begin: (body) => request("POST", "/kp/api/flows", body),
  state: (body) => request("GET", flowPath(body.flow_id, "/outcome")),
  cancel: (body) => request("POST", flowPath(body.flow_id, "/cancel"), {}),
  finalize: (body) => request("POST", "/kp/api/finalize", body),
  reauthorize: (body) => request("POST", "/kp/api/reauthorize", body),
};

listen(async (message) => {
  const operation = message.type === "call" && Object.hasOwn(OPERATIONS, message.operation) ? OPERATIONS[message.operation] : null;
  if (!operation) return;
  const answer = await operation(message.body);
  post({ type: "reply", id: message.id, answer: answer.status === 200 ? answer.body : null });
});

post({ type: "hello" });
