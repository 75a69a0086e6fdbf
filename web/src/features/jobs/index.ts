// What other features may use of this one.
export { jobQuery } from "./api";
export { JobAction, JobProgress } from "./JobState";
export { isEnded, type Job, jobDuration, type JobNews } from "./jobs";
export { useJobNews } from "./useJobNews";
export { useOpenJobs } from "./useOpenJobs";
