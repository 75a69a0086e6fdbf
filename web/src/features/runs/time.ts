import type { Generation } from "@/api/client";

/** Milliseconds from start to end; null while it goes on. */
export function durationOf(generation: Pick<Generation, "startedAt" | "finishedAt">): number | null {
  const { startedAt, finishedAt } = generation;
  return finishedAt === null ? null : Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}
