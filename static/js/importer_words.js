// What can be told about something a person brings, before any server has seen it.

export const headBytes = 256 * 1024;
const genericFormats = new Set(["delimited", "json_records"]);
const delimiters = ["\t", ";", ",", "|"];

export function isZip(name) {
  return /\.zip$/i.test(name);
}

// Of a zip archive only the whole tells what is inside: its list stands at the end.
export function isLookedInto({ name, blob }) {
  return !isZip(name) || blob.size <= headBytes;
}

export function titleFor(name) {
  const plain = name.replace(/\.(gz|zip)$/i, "").replace(/\.[a-z0-9]{1,6}$/i, "").replaceAll(/[_\s]+/g, " ").trim();
  return (plain || "Usage data").slice(0, 200);
}

export function isGeneric(detection) {
  if (!detection?.fields?.length) return false;
  return !detection.format || genericFormats.has(detection.format);
}

function isJson(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

function countPieces(line, delimiter) {
  return line.split(delimiter).length;
}

// Prose has commas too: a table has the same number in nearly every line, and a comma table at least two.
function isTable(lines, delimiter) {
  const width = countPieces(lines[0], delimiter);
  if (width < (delimiter === "," ? 3 : 2)) return false;
  return lines.filter((line) => countPieces(line, delimiter) === width).length >= lines.length * 0.8;
}

// More than two lines of a table or of JSON: worth offering to import it.
export function looksLikeData(text) {
  const lines = text.split("\n").map((line) => line.trimEnd()).filter(Boolean);
  if (lines.length <= 2) return false;
  if (/^\s*[[{]/.test(text)) return isJson(text) || lines.slice(0, 5).every(isJson);
  return delimiters.some((delimiter) => isTable(lines.slice(0, 40), delimiter));
}

export function countLines(text) {
  return text.split("\n").filter((line) => line.trim()).length;
}

// What the sample rows hold, in the order of our fields; a column of nothing but zeros tells nothing.
export function keysOf(rows, fields) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const place = (key) => fields.findIndex((field) => field.name === key) + 1 || fields.length + 1;
  const told = keys.filter((key) => rows.some((row) => row[key]) && !(key === "grain" && rows.every((row) => row[key] === "call")));
  return told.sort((one, other) => place(one) - place(other));
}

// Null takes a proposal back, so every field is named.
export function mappingOf(fields, chosen) {
  return Object.fromEntries(fields.map(({ name }) => [name, chosen[name] ?? null]));
}
