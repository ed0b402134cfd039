// Numbers, times and durations as people read them.

const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const smallMoney = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

export function formatMoney(value) {
  const small = value !== 0 && Math.abs(value) < 0.1;
  return (small ? smallMoney : money).format(value);
}

const unitFormats = {
  usd: formatMoney,
  $: formatMoney,
  percent: (value) => `${plain.format(value)} %`,
  "%": (value) => `${plain.format(value)} %`,
  ms: (value) => `${plain.format(value)} ms`,
  s: (value) => `${plain.format(value)} s`,
};

export function formatNumber(value, unit) {
  const format = unitFormats[(unit ?? "").toLowerCase()];
  return format ? format(value) : plain.format(value);
}

export function formatCell(value, unit) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return formatNumber(value, unit);
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

// Decimals may come as text so that no digit is lost; a unit says that the column is a number.
export function numericValue(value, unit) {
  if (typeof value === "number") return value;
  const number = unit && typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

export function formatSeconds(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function formatElapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function secondsBetween(start, end) {
  return (new Date(end) - new Date(start)) / 1000;
}

export function formatClock(timestamp) {
  return clock.format(new Date(timestamp));
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

export function dayLabel(timestamp, now = new Date()) {
  const days = Math.round((startOfDay(now) - startOfDay(new Date(timestamp))) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "Previous 7 days";
  return days < 30 ? "Previous 30 days" : "Older";
}

export function formatMoment(timestamp, now = new Date()) {
  const label = dayLabel(timestamp, now);
  return label === "Today" ? formatClock(timestamp) : `${day.format(new Date(timestamp))}, ${formatClock(timestamp)}`;
}
