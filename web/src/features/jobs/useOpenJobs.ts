import { useInfiniteQuery } from "@tanstack/react-query";
import { jobsQuery } from "./api";
import { isEnded, type Job } from "./jobs";
import { useJobNews } from "./useJobNews";

/** The newest jobs of a name that wait or run, told live. */
export function useOpenJobs(name: string): readonly Job[] {
  useJobNews();
  const { data } = useInfiniteQuery(jobsQuery);
  const jobs = data?.pages.flatMap((page) => page.items) ?? [];
  return jobs.filter((job) => job.name === name && !isEnded(job.status));
}
