import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http, take } from "@/api/client";
import type { Job } from "./jobs";

const PAGE = 100;

export const jobsQuery = infiniteQueryOptions({
  queryKey: ["jobs", "list"],
  queryFn: async ({ pageParam }) => {
    const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) };
    const page = await take(http.GET("/v1/jobs", { params: { query } }));
    return { items: page.items as Job[], nextCursor: page.nextCursor };
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.nextCursor || undefined,
  // Nobody listens while no list is shown.
  staleTime: 0,
});

export function jobQuery(jobId: string) {
  return queryOptions({
    queryKey: ["jobs", "one", jobId],
    queryFn: async () => (await take(http.GET("/v1/jobs/{jobId}", { params: { path: { jobId } } }))) as Job,
    staleTime: 0,
  });
}

export const cancelJob = (jobId: string) =>
  take(http.POST("/v1/jobs/{jobId}/cancel", { params: { path: { jobId } } }));
export const retryJob = (jobId: string) =>
  take(http.POST("/v1/jobs/{jobId}/retry", { params: { path: { jobId } } }));
