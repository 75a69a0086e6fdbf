import type { Generation } from "@/api/client";

/** Milliseconds from start to end; null while it goes on. */
export function durationOf(generation: Pick<Generation, "startedAt" | "finishedAt">): number | null {
  const { startedAt, finishedAt } = generation;
  return finishedAt === null ? null : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}

export function formatSeconds(ms: number | null, language: string): string {
  if (ms === null) return "…";
  const unit = ms < 1_000 ? "millisecond" : "second";
  const value = ms < 1_000 ? Math.round(ms * 10) / 10 : ms / 1_000;
  const digits = ms < 1_000 ? 1 : 2;
  return value.toLocaleString(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  });
}
