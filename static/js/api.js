// Calls to the REST interface of this site, with its session and its errors.

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  // The connection or the server was in the way; the same call is worth repeating by itself.
  get isPassing() {
    return this.status === 0 || this.status >= 500;
  }
}

export function csrfToken() {
  const match = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return match ? decodeURIComponent(match[1]) : "";
}

async function readAnswer(response) {
  const isJson = response.headers.get("content-type")?.includes("json");
  const body = isJson ? await response.json() : null;
  if (response.ok) return body;
  throw errorOf(response.status, body);
}

// What a body says is wrong, or that the server has said nothing usable.
export function errorOf(status, body, fallback = `The server answered ${status}. Try again in a minute.`) {
  return new ApiError(status, body?.code ?? "server_error", body?.message ?? fallback);
}

export function createApi(root, timeoutMilliseconds = 15_000) {
  return async function call(method, path, body) {
    const options = { method, credentials: "same-origin", headers: { Accept: "application/json" }, redirect: "error" };
    if (method !== "GET") options.headers["X-CSRFToken"] = csrfToken();
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(root + path, { ...options, signal: AbortSignal.timeout(timeoutMilliseconds) });
    } catch (error) {
      throw new ApiError(0, "unreachable", `The server cannot be reached (${error.name}). It is tried again.`);
    }
    return readAnswer(response);
  };
}
