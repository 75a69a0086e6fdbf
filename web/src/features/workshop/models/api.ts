import { queryOptions } from "@tanstack/react-query";
import { http, take } from "@/api/client";
import type { components } from "@/api/schema";

export type LocalModel = components["schemas"]["LocalModelOut"];

/** What the server's machine has, and what can be fetched for it. */
export const localModelsQuery = queryOptions({
  queryKey: ["workshop", "localModels"],
  queryFn: async () => (await take(http.GET("/v1/local-models"))).items,
  staleTime: 0,
});

/** The job that fetches a model is of this name. */
export const PULL = "connections.pull_model";

const path = (name: string) => ({ params: { path: { name } } });

export const pullModel = (name: string) => take(http.POST("/v1/local-models/{name}/pull", path(name)));
export const takeModel = (name: string) => take(http.POST("/v1/local-models/{name}/use", path(name)));
export const deleteModel = (name: string) => take(http.DELETE("/v1/local-models/{name}", path(name)));
