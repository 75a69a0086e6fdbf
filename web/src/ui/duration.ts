/** A stretch of time as people say it: 0.8 ms, 3.42 s, 12 min 5 s, 2 h 10 min; "…" while it has no end. */
export function formatDuration(ms: number | null, language: string): string {
  if (ms === null) return "…";
  if (ms < 1_000) return say(ms, "millisecond", language, 1);
  if (ms < 60_000) return say(ms / 1_000, "second", language, 2);
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return pair(minutes, "minute", Math.floor((ms % 60_000) / 1_000), "second", language);
  return pair(Math.floor(minutes / 60), "hour", minutes % 60, "minute", language);
}

type Unit = "millisecond" | "second" | "minute" | "hour";

function pair(large: number, unit: Unit, rest: number, restUnit: Unit, language: string): string {
  const whole = say(large, unit, language, 0);
  return rest === 0 ? whole : `${whole} ${say(rest, restUnit, language, 0)}`;
}

function say(value: number, unit: Unit, language: string, digits: number): string {
  return value.toLocaleString(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  });
}

export function formatMoment(iso: string, language: string): string {
  return new Date(iso).toLocaleString(language, { dateStyle: "medium", timeStyle: "medium" });
}
