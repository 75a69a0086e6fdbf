import type { components } from "@/api/schema";

type Wide = components["schemas"]["JobOut"];
export type JobStatus = "queued" | "running" | "done" | "error" | "cancelled";

export interface JobError {
  readonly code: string;
  readonly message: string;
}

export type Job = Omit<Wide, "status" | "error" | "result"> & {
  readonly status: JobStatus;
  readonly error: JobError | null;
  readonly result: unknown;
};

/** Where a job stands, as the workspace's events tell it. */
export interface JobNews {
  readonly jobId: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly done: number | null;
  readonly total: number | null;
  readonly note: string | null;
}

export const isEnded = (status: JobStatus): boolean => status !== "queued" && status !== "running";

/** The job with its news; its result, error and times come only with the whole record. */
export function tellJob(job: Job, news: JobNews): Job {
  const { status, done, total, note } = news;
  const progress = done === null || total === null ? job.progress : { done, total, note: note ?? "" };
  return { ...job, status, progress };
}

/** The progress of a download is told in bytes, that of all others in things. */
export const countsBytes = ({ name }: Pick<Job, "name">): boolean => name === "connections.pull_model";

/** How much is done, in percent; null when nobody knows. */
export function percentOf({ progress }: Pick<Job, "progress">): number | null {
  return progress === null || progress.total <= 0
    ? null
    : Math.min(100, (100 * progress.done) / progress.total);
}

/** Milliseconds from the request to the end; null while it goes on. */
export function jobDuration({ status, createdAt, updatedAt }: Job): number | null {
  return isEnded(status) ? Math.max(0, Date.parse(updatedAt) - Date.parse(createdAt)) : null;
}

/** The newest of neighbours that went alike, and how many they are. */
export interface JobGroup {
  readonly job: Job;
  readonly count: number;
}

/** Neighbours of one name that all went well become one: an import leaves hundreds of pictures to make. */
export function groupJobs(jobs: readonly Job[]): readonly JobGroup[] {
  const groups: { job: Job; count: number }[] = [];
  for (const job of jobs) {
    const last = groups.at(-1);
    if (last?.job.name === job.name && last.job.status === "done" && job.status === "done") last.count += 1;
    else groups.push({ job, count: 1 });
  }
  return groups;
}
