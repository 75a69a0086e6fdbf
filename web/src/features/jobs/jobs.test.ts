import { describe, expect, test } from "vitest";
import { groupJobs, type Job, jobDuration, type JobStatus, percentOf, tellJob } from "./jobs";

const job = (id: string, name: string, status: JobStatus, rest: Partial<Job> = {}): Job => ({
  id,
  name,
  status,
  progress: null,
  result: null,
  error: null,
  createdAt: "2026-01-01T10:00:00Z",
  updatedAt: "2026-01-01T10:00:05Z",
  ...rest,
});

describe("a job", () => {
  test("takes its state and progress from the news and keeps the rest", () => {
    const before = job("1", "import", "queued");
    const news = { jobId: "1", name: "import", status: "running", done: 3, total: 4, note: "cards" } as const;
    expect(tellJob(before, news)).toEqual({
      ...before,
      status: "running",
      progress: { done: 3, total: 4, note: "cards" },
    });
  });

  test("keeps its last progress when the news has none", () => {
    const before = job("1", "import", "running", { progress: { done: 1, total: 2, note: "" } });
    const news = {
      jobId: "1",
      name: "import",
      status: "error",
      done: null,
      total: null,
      note: null,
    } as const;
    expect(tellJob(before, news)).toEqual({ ...before, status: "error" });
  });

  test("has no share of nothing", () => {
    expect(percentOf({ progress: { done: 0, total: 0, note: "" } })).toBeNull();
    expect(percentOf({ progress: { done: 1, total: 4, note: "" } })).toBe(25);
    expect(percentOf({ progress: { done: 5, total: 4, note: "" } })).toBe(100);
  });

  test("has a duration once it has ended", () => {
    expect(jobDuration(job("1", "import", "done"))).toBe(5_000);
    expect(jobDuration(job("1", "import", "running"))).toBeNull();
  });
});

test("neighbours of one name that went well are one group; all others stand alone", () => {
  const shown = groupJobs([
    job("1", "picture", "done"),
    job("2", "picture", "done"),
    job("3", "picture", "error"),
    job("4", "picture", "done"),
    job("5", "import", "done"),
  ]).map(({ job: { id }, count }) => `${id}×${count}`);
  expect(shown).toEqual(["1×2", "3×1", "4×1", "5×1"]);
});
