// Sends a form with a file: bytes as they leave, an end that is an answer or an error, and a way to stop.
import { ApiError, csrfToken, errorOf } from "./api.js";

function readBody(request) {
  try {
    return JSON.parse(request.responseText);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function readError(request) {
  // A proxy in front refuses without a word of ours.
  const fallback = request.status === 413 ? "The file is larger than this server takes." : undefined;
  return errorOf(request.status, readBody(request), fallback);
}

export function formOf(source, { title, format, mapping, options }, blob = source.blob) {
  const form = new FormData();
  // Django reads the fields first where they stand first.
  if (title) form.append("title", title);
  if (format) form.append("format", format);
  if (mapping && Object.keys(mapping).length) form.append("mapping", JSON.stringify(mapping));
  if (options && Object.keys(options).length) form.append("options", JSON.stringify(options));
  form.append("file", blob, source.name);
  return form;
}

/* fetch() cannot tell how much of a body has left, so this is XMLHttpRequest. */
export function sendForm(url, form, progressed = () => {}) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => progressed(event.loaded, event.total));
    request.addEventListener("load", () => (request.status < 300 ? resolve(readBody(request)) : reject(readError(request))));
    request.addEventListener("error", () => reject(new ApiError(0, "unreachable", "The connection broke off. Nothing was imported; try again.")));
    request.addEventListener("abort", () => reject(new ApiError(0, "aborted", "The upload was cancelled. Nothing was imported.")));
  });
  request.open("POST", url);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.send(form);
  return { done, abort: () => request.abort() };
}
