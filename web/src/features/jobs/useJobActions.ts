import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toasts } from "@/ui/toasts";
import { cancelJob, retryJob } from "./api";

/** Stops a job, or tries it again. */
export function useJobActions(jobId: string) {
  const queries = useQueryClient();
  const settled = {
    onError: (error: Error) => toasts.show(error.message, { tone: "bad" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  };
  const cancel = useMutation({ mutationFn: () => cancelJob(jobId), ...settled });
  const retry = useMutation({ mutationFn: () => retryJob(jobId), ...settled });
  return { cancel, retry };
}
