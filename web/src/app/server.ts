import { QueryClient, queryOptions } from "@tanstack/react-query";
import { http, openStream, take } from "@/api/client";
import { ApiError } from "@/api/errors";
import { WorkspaceEvents } from "@/stream/workspace";

const MOST_RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Changes are told by /v1/events; asking again by time or focus would only cost.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      networkMode: "always",
      retry: (failures, error) =>
        failures < MOST_RETRIES && (!(error instanceof ApiError) || (error.isTemporary && !error.isSaid)),
    },
    mutations: { networkMode: "always" },
  },
});

export const workspaceEvents = new WorkspaceEvents({
  open: (lastEventId, signal) => openStream("/v1/events", lastEventId, signal),
});

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: () => take(http.GET("/config")),
});

/** Keeps what is cached in step with the workspace. Chats do this for their own messages. */
export function followWorkspace(): () => void {
  return workspaceEvents.listen((event) => {
    if (event.type === "workspace.resync") void queryClient.invalidateQueries();
    else if (event.type === "chat.changed" || event.type === "message.added")
      void queryClient.invalidateQueries({ queryKey: ["chats"] });
    else if (event.type === "job.progress" && isImported(event.data))
      for (const key of ["profiles", "chats", "workshop"])
        void queryClient.invalidateQueries({ queryKey: [key] });
  });
}

/** An import that has come to its end, however it went: what it brought in before stays. */
function isImported({ name, status }: Readonly<Record<string, unknown>>): boolean {
  return name === "transfer.sillytavern" && status !== "queued" && status !== "running";
}
