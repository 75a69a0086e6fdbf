import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { http, type ImportItem, newOperationId, type Profile, take } from "@/api/client";
import { readApiError } from "@/api/errors";
import { avatarOf } from "@/api/profiles";
import type { Spec } from "./editor/spec";

const PAGE = 60;
const TAGS = 500;

export const SORTS = ["created", "updated", "name"] as const;

/** What the gallery shows, as its address says. */
export interface Filter {
  readonly q?: string;
  readonly tag?: string;
  readonly favourite?: true;
  readonly sort?: (typeof SORTS)[number];
}

export function profilesQuery(filter: Filter) {
  return infiniteQueryOptions({
    queryKey: ["profiles", "list", filter],
    queryFn: ({ pageParam }) =>
      take(
        http.GET("/v1/entity-profiles", {
          params: { query: { limit: PAGE, ...filter, ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
  });
}

/** The tags to choose from: the first five hundred by name, which is more than anybody reads. */
export const tagsQuery = queryOptions({
  queryKey: ["profiles", "tags"],
  queryFn: () => take(http.GET("/v1/entity-profiles/tags", { params: { query: { limit: TAGS } } })),
});

export function profileChatsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ["chats", "of", id],
    queryFn: ({ pageParam }) =>
      take(
        http.GET("/v1/entity-profiles/{profileId}/chats", {
          params: {
            path: { profileId: id },
            query: { limit: PAGE, ...(pageParam && { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
  });
}

export function startChat(id: string) {
  return take(
    http.POST("/v1/entity-profiles/{profileId}/chats", {
      params: { path: { profileId: id } },
      headers: { "X-Operation-Id": newOperationId() },
      body: {},
    }),
  );
}

export const deleteProfile = (id: string) =>
  take(http.DELETE("/v1/entity-profiles/{profileId}", { params: { path: { profileId: id } } }));
export const restoreProfile = (id: string) =>
  take(http.POST("/v1/entity-profiles/{profileId}/restore", { params: { path: { profileId: id } } }));

export const createProfile = (name: string) =>
  take(http.POST("/v1/entity-profiles", { body: { name, spec: { name } } }));

export function saveProfile(profile: Profile, spec: Spec) {
  return take(
    http.PUT("/v1/entity-profiles/{profileId}", {
      params: { path: { profileId: profile.id } },
      body: { spec, version: profile.version },
    }),
  );
}

export const setFavourite = (id: string, favourite: boolean) =>
  take(
    http.POST("/v1/entity-profiles/{profileId}/favourite", {
      params: { path: { profileId: id } },
      body: { favourite },
    }),
  );

export const duplicateProfile = (id: string) =>
  take(
    http.POST("/v1/entity-profiles/{profileId}/duplicate", {
      params: { path: { profileId: id } },
      headers: { "X-Operation-Id": newOperationId() },
    }),
  );

export async function replaceAvatar(id: string, file: File): Promise<void> {
  const form = new FormData();
  form.append("file", file);
  const response = await fetch(avatarOf(id), { method: "PUT", body: form });
  if (!response.ok) throw await readApiError(response);
}

/** Sends card files; the answer tells of each file apart. */
export async function importCards(files: readonly File[]): Promise<readonly ImportItem[]> {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const response = await fetch("/v1/entity-profiles/import", {
    method: "POST",
    headers: { "X-Operation-Id": newOperationId() },
    body: form,
  });
  if (!response.ok) throw await readApiError(response);
  return ((await response.json()) as { items: ImportItem[] }).items;
}
