// The running server that these tests are given, and what all of them ask of it.
export const url = process.env.UNISONO_URL;
const token = process.env.UNISONO_TOKEN;
export const headers = { Authorization: `Bearer ${token}` };

/** Asks for a path; refuses any answer but a good one. */
export async function ask(path, options = {}) {
  const response = await fetch(url + path, {
    ...options,
    headers: { ...headers, ...options.headers },
  });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}

/** Puts records, as many lines of one request; returns the position that shows all of them. */
export async function put(items, path = "/v1/items") {
  const response = await ask(path, {
    method: "PUT",
    headers: { "Content-Type": "application/x-ndjson", Prefer: "return=minimal" },
    body: items.map((item) => JSON.stringify(item) + "\n").join(""),
  });
  const lines = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
  const last = lines.at(-1);
  if (!last.whole || last.failed > 0) {
    throw new Error(JSON.stringify(lines));
  }
  return last.cursor;
}

/** The position at which the server's records are. */
export async function position() {
  return (await ask("/v1/items?limit=1")).headers.get("unisono-cursor");
}

/** Repeatable: what was seen once can be seen again. */
export function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % below;
  };
}
