import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { workspaceEvents } from "@/app/server";
import { jobQuery, jobsQuery } from "./api";
import { isEnded, type Job, type JobNews, tellJob } from "./jobs";

// A hundred jobs may end in one second; the list is read again once for all of them.
const GATHER_MS = 700;

/** Keeps the shown jobs in step with the workspace: progress as it is told, the rest by reading again. */
export function useJobNews(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rereadList = () => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: jobsQuery.queryKey });
    };
    const leave = workspaceEvents.listen((event) => {
      if (event.type !== "job.progress") return;
      const news = event.data as unknown as JobNews;
      const known = tellList(news);
      tellOne(news);
      if (!known || isEnded(news.status)) timer ??= setTimeout(rereadList, GATHER_MS);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };

    function tellList(news: JobNews): boolean {
      let known = false;
      queries.setQueryData(jobsQuery.queryKey, (data) => {
        if (data === undefined) return data;
        const tell = (job: Job): Job => {
          if (job.id !== news.jobId) return job;
          known = true;
          return tellJob(job, news);
        };
        const pages = data.pages.map((page) => ({ ...page, items: page.items.map(tell) }));
        return known ? { ...data, pages } : data;
      });
      return known;
    }

    function tellOne(news: JobNews): void {
      const { queryKey } = jobQuery(news.jobId);
      queries.setQueryData(queryKey, (job) => job && tellJob(job, news));
      if (isEnded(news.status)) void queries.invalidateQueries({ queryKey });
    }
  }, [queries]);
}
