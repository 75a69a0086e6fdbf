import { useQuery } from "@tanstack/react-query";
import { http, take } from "@/api/client";

export interface Target {
  readonly id: string;
  readonly title: string;
}

// A list to pick from by eye: the newest are what one means.
const MOST = { params: { query: { limit: 100 } } };

export function useChats() {
  return useQuery({
    queryKey: ["chats", "targets"],
    queryFn: async (): Promise<readonly Target[]> =>
      (await take(http.GET("/v1/chats", MOST))).items.map(({ id, title }) => ({ id, title: title || id })),
  });
}

export function useProfiles() {
  return useQuery({
    queryKey: ["profiles", "targets"],
    queryFn: async (): Promise<readonly Target[]> =>
      (await take(http.GET("/v1/entity-profiles", MOST))).items.map(({ id, name }) => ({ id, title: name })),
  });
}

export function usePersonas() {
  return useQuery({
    queryKey: ["workshop", "targets"],
    queryFn: async (): Promise<readonly Target[]> =>
      (await take(http.GET("/v1/personas", MOST))).items.map(({ id, name }) => ({ id, title: name })),
  });
}

export function useConnections() {
  return useQuery({
    queryKey: ["workshop", "connectionTargets"],
    queryFn: async (): Promise<readonly Target[]> =>
      (await take(http.GET("/v1/provider-connections", MOST))).items.map(({ id, name }) => ({
        id,
        title: name,
      })),
  });
}
