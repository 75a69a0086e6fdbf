import { infiniteQueryOptions } from "@tanstack/react-query";
import { http, type ImportItem, newOperationId, take } from "@/api/client";
import { toApiError } from "@/api/errors";

const PAGE = 60;

export function profilesQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ["profiles", "list", q],
    queryFn: ({ pageParam }) =>
      take(
        http.GET("/v1/entity-profiles", {
          params: { query: { limit: PAGE, ...(q && { q }), ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor || undefined,
  });
}

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

/** Sends card files; the answer tells of each file apart. */
export async function importCards(files: readonly File[]): Promise<readonly ImportItem[]> {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const response = await fetch("/v1/entity-profiles/import", {
    method: "POST",
    headers: { "X-Operation-Id": newOperationId() },
    body: form,
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw toApiError(response.status, body);
  return (body as { items: ImportItem[] }).items;
}
