// What stands under an answer: the drawings it speaks of, and what it recommends, each with a way to its rows.
import { drawFinding } from "./block.js";
import { el } from "./dom.js";
import { formatNumber } from "./format.js";

const periods = { month: "a month", day: "a day", week: "a week", year: "a year" };

function unitParts(unit) {
  const [base, period = ""] = (unit ?? "").split(/\s*\/\s*|\s+per\s+|_per_/);
  return { base, period: periods[period.toLowerCase()] ?? (period ? `per ${period}` : "") };
}

function amountWord(value, base) {
  const number = Number(value);
  const text = formatNumber(number, base);
  return text === formatNumber(number) && base ? `${text} ${base}` : text;
}

export function savingWord({ saving_low: low, saving_high: high, unit }) {
  const given = [low, high].filter((value) => value !== null && value !== undefined && value !== "");
  if (!given.length) return "";
  const { base, period } = unitParts(unit);
  const amounts = [...new Set(given.map((value) => amountWord(value, base)))].join(" to ");
  return `Saves ${amounts}${period ? ` ${period}` : ""}`;
}

function openButton(callId, text, openCall) {
  const button = el("button", { type: "button", class: "quiet open-step", text });
  button.addEventListener("click", () => openCall(callId, button));
  return button;
}

function drawChartCard(item, openCall) {
  const title = el("h3", { text: item.result.title ?? item.title ?? item.tool });
  return el("article", { class: "chart-card" }, title, drawFinding(item.result), openButton(item.call_id, "Show the step", openCall));
}

function drawRatings({ effort, risk, confidence }) {
  const ratings = [["Effort", effort], ["Risk", risk], ["Confidence", confidence]].filter(([, value]) => value);
  return el("dl", { class: "ratings" }, ...ratings.map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }))));
}

function drawSafety({ verify, roll_back }) {
  const parts = [["How to verify", verify], ["How to roll back", roll_back]].filter(([, value]) => value);
  if (!parts.length) return null;
  const pairs = parts.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value, dir: "auto" })]);
  return el("details", { class: "safety" }, el("summary", { text: parts.map(([name]) => name).join(", ").replace(", How", " and how") }), el("dl", {}, ...pairs));
}

function drawRecommendation(one, { hasCall, openCall }) {
  const saving = savingWord(one);
  const amount = el("p", { class: saving ? "saving" : "quiet-text", text: saving || "Saving not estimated" });
  const head = el("div", { class: "recommendation-head" }, el("h4", { text: one.title, dir: "auto" }), amount);
  const why = one.why ? el("p", { text: one.why, dir: "auto" }) : null;
  const open = hasCall(one.call_id) ? openButton(one.call_id, "Show the rows behind it", openCall) : null;
  return el("li", { class: "recommendation" }, head, drawRatings(one), why, drawSafety(one), open);
}

// What the answer itself tells is not told twice; markup in a name is escaped there.
function untold(recommendations, text) {
  const plain = text.replaceAll("\\", "");
  return recommendations.filter((one) => !plain.includes(one.title));
}

function drawAll({ findings, text }, steps) {
  const charts = findings.charts.map(steps.findCall).filter((item) => item?.result);
  const parts = charts.map((item) => drawChartCard(item, steps.openCall));
  const recommendations = untold(findings.recommendations, text);
  if (recommendations.length) {
    const cards = recommendations.map((one) => drawRecommendation(one, steps));
    parts.push(el("h3", { class: "findings-title", text: "Recommendations, the best first" }), el("ol", { class: "recommendations" }, ...cards));
  }
  return parts;
}

// Drawn once: what a run found does not change after its end.
export function createFindings(steps) {
  const element = el("div", { class: "findings" });
  let shown = null;
  let last = null;
  return {
    element,
    update({ findings }, text) {
      if (findings === last) return;
      last = findings;
      const now = JSON.stringify([findings.charts, findings.recommendations]);
      if (now === shown) return;
      shown = now;
      element.replaceChildren(...drawAll({ findings, text }, steps));
      element.hidden = element.children.length === 0;
    },
  };
}
