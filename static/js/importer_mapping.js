// Which column is which: a select for each of our fields, a fixed value where the data has none, and how to read times.
import { el } from "./dom.js";
import { mappingOf } from "./importer_words.js";

const fixed = "\u0000fixed";
const switches = {
  input_includes_cached: "The input tokens include those read from a cache",
  output_includes_reasoning: "The output tokens include reasoning",
};
const grains = [["", "Found out"], ["call", "one call"], ["bucket", "a sum of calls"], ["cost", "a line of a bill"]];
const units = [["", "Found out"], ["ms", "milliseconds"], ["s", "seconds"], ["us", "microseconds"], ["ns", "nanoseconds"]];
const orders = [["", "Found out"], ["day_first", "the day first, as in 31/12/2026"], ["month_first", "the month first, as in 12/31/2026"]];
const alwaysShown = new Set(["time", "model", "input_tokens", "output_tokens"]);

function option(value, text, chosen) {
  return el("option", { value, text, selected: value === chosen });
}

function helpOf(field, id) {
  return field.description ? el("span", { class: "field-note", id: `${id}-help`, text: field.description }) : null;
}

function labelOf(field, id) {
  return el("label", { for: id }, field.label, field.required ? el("span", { class: "required", text: " (required)" }) : null);
}

// Of a file that lies at the server the columns may not be known here: then their names are typed.
function createTypedField(field, chosen, changed) {
  const id = `map-${field.name}`;
  const input = el("input", { type: "text", id, value: typeof chosen === "string" ? chosen : null, placeholder: "Name of the column", autocomplete: "off",
    "aria-describedby": field.description ? `${id}-help` : null, "aria-required": field.required ? "true" : null });
  input.addEventListener("change", changed);
  const element = el("div", { class: "map-field" }, labelOf(field, id), input, helpOf(field, id));
  return { name: field.name, isRequired: field.required, element, read: () => input.value.trim() || null };
}

function createField(field, columns, chosen, changed) {
  if (!columns.length) return createTypedField(field, chosen, changed);
  const id = `map-${field.name}`;
  const isFixed = typeof chosen === "object" && chosen !== null;
  const value = isFixed ? fixed : chosen ?? "";
  const known = value && !isFixed && !columns.includes(value) ? [option(value, value, value)] : [];
  const select = el("select", { id, "aria-describedby": field.description ? `${id}-help` : null, "aria-required": field.required ? "true" : null },
    option("", field.required ? "Choose a column" : "Not in the data", value),
    ...known, ...columns.map((column) => option(column, column, value)), option(fixed, "Always the same value…", value));
  const constant = el("input", { type: "text", value: isFixed ? String(chosen.value) : null, "aria-label": `Value of ${field.label} for every row` });
  constant.hidden = !isFixed;
  select.addEventListener("change", () => {
    constant.hidden = select.value !== fixed;
    if (constant.hidden) changed();
    else constant.focus();
  });
  constant.addEventListener("input", changed);
  const read = () => (select.value === fixed ? (constant.value.trim() && { value: constant.value.trim() }) || null : select.value || null);
  return { name: field.name, read, isRequired: field.required, element: el("div", { class: "map-field" }, labelOf(field, id), select, constant, helpOf(field, id)) };
}

function createTimeZone(chosen, changed) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const names = [...new Set(["UTC", own, ...(chosen ? [chosen] : []), ...Intl.supportedValuesOf("timeZone")])];
  const select = el("select", { id: "map-time-zone" }, ...names.map((name) => option(name, name === own && name !== "UTC" ? `${name} (yours)` : name, chosen ?? "UTC")));
  const element = el("div", { class: "map-field" }, el("label", { for: "map-time-zone", text: "Time zone" }), select, el("span", { class: "field-note", text: "For times that do not say theirs." }));
  return watchChoice(element, select, () => ({ time_zone: select.value }), changed);
}

function createChoice(name, label, choices, chosen, changed) {
  const select = el("select", { id: `map-${name}` }, ...choices.map(([value, text]) => option(value, text, chosen ?? "")));
  const element = el("div", { class: "map-field" }, el("label", { for: `map-${name}`, text: label }), select);
  return watchChoice(element, select, () => ({ [name]: select.value || null }), changed);
}

function createSwitch(name, isOn, changed) {
  const box = el("input", { type: "checkbox", id: `map-${name}`, checked: isOn });
  const element = el("div", { class: "map-switch" }, box, el("label", { for: `map-${name}`, text: switches[name] }));
  return watchChoice(element, box, () => ({ [name]: box.checked }), changed);
}

// What nobody has touched is left to the server, which may still find it out.
function watchChoice(element, input, readNow, changed) {
  let isTouched = false;
  input.addEventListener("change", () => {
    isTouched = true;
    changed();
  });
  return { element, read: () => (isTouched ? readNow() : {}) };
}

export function createMapping(detection, changed) {
  const { fields, columns, mapping, options } = detection;
  const parts = fields.map((field) => createField(field, columns, mapping[field.name], changed));
  const isMain = (part) => part.isRequired || alwaysShown.has(part.name) || part.read() !== null;
  const choices = [createTimeZone(options.time_zone, changed), createChoice("grain", "Each row is", grains, options.grain, changed),
    createChoice("time_order", "Dates have", orders, options.time_order, changed),
    ...(options.latency_unit ? [createChoice("latency_unit", "Latency is in", units, options.latency_unit, changed)] : []),
    ...Object.keys(switches).map((name) => createSwitch(name, Boolean(options[name]), changed))];
  const rest = parts.filter((part) => !isMain(part));
  const more = el("details", { class: "map-more" }, el("summary", { text: `${rest.length} more fields` }),
    el("div", { class: "map-grid" }, ...rest.map((part) => part.element)));
  const how = el("div", { class: "map-grid" }, ...choices.map((choice) => choice.element));
  const element = el("fieldset", { class: "mapping" }, el("legend", { text: "Which column is what" }),
    el("div", { class: "map-grid" }, ...parts.filter(isMain).map((part) => part.element)), how, ...(rest.length ? [more] : []));
  const read = () => ({
    mapping: mappingOf(fields, Object.fromEntries(parts.map((part) => [part.name, part.read()]))),
    options: { ...options, ...Object.assign({}, ...choices.map((choice) => choice.read())) },
  });
  return { element, read };
}
