import { queryOptions } from "@tanstack/react-query";
import { http, type LoreEntry, type Lorebook, newOperationId, take } from "@/api/client";
import { toApiError } from "@/api/errors";
import type { components } from "@/api/schema";
import { ALL, type Resource } from "../resource";

export type EntryChange = components["schemas"]["EntryIn"];

export interface BookDraft {
  readonly name: string;
  readonly description: string;
  readonly scanDepth: number;
  readonly tokenBudget: number | null;
  readonly recursive: boolean;
}

const path = (book: Lorebook) => ({ path: { lorebookId: book.id } });

export const lorebooks: Resource<Lorebook, BookDraft> = {
  name: "lorebooks",
  list: async () => (await take(http.GET("/v1/lorebooks", ALL))).items,
  blank: { name: "", description: "", scanDepth: 2, tokenBudget: null, recursive: false },
  toDraft: ({ name, description, scanDepth, tokenBudget, recursive }) => ({
    name,
    description,
    scanDepth,
    tokenBudget,
    recursive,
  }),
  create: (body) => take(http.POST("/v1/lorebooks", { body })),
  change: (book, draft) =>
    take(
      http.PATCH("/v1/lorebooks/{lorebookId}", {
        params: path(book),
        body: { ...draft, version: book.version },
      }),
    ),
  remove: (book) => take(http.DELETE("/v1/lorebooks/{lorebookId}", { params: path(book) })),
};

export function entriesQuery(lorebookId: string) {
  return queryOptions({
    queryKey: ["workshop", "lorebooks", lorebookId, "entries"],
    queryFn: () => listEntries(lorebookId),
  });
}

/** All entries, page after page: large books have thousands. */
async function listEntries(lorebookId: string): Promise<readonly LoreEntry[]> {
  const entries: LoreEntry[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = { limit: 500, ...(cursor !== "" && { cursor }) };
    const params = { path: { lorebookId }, query };
    const page: { items: LoreEntry[]; nextCursor: string | null } = await take(
      http.GET("/v1/lorebooks/{lorebookId}/entries", { params }),
    );
    entries.push(...page.items);
    cursor = page.nextCursor;
  }
  return entries;
}

export function createEntry(lorebookId: string, body: EntryChange) {
  return take(http.POST("/v1/lorebooks/{lorebookId}/entries", { params: { path: { lorebookId } }, body }));
}

export function changeEntry(lorebookId: string, entryId: string, body: EntryChange) {
  const params = { path: { lorebookId, entryId } };
  return take(http.PATCH("/v1/lorebooks/{lorebookId}/entries/{entryId}", { params, body }));
}

export function deleteEntry(lorebookId: string, entryId: string) {
  const params = { path: { lorebookId, entryId } };
  return take(http.DELETE("/v1/lorebooks/{lorebookId}/entries/{entryId}", { params }));
}

export function bindingsQuery(lorebookId: string) {
  return queryOptions({
    queryKey: ["workshop", "lorebooks", lorebookId, "bindings"],
    queryFn: async () => {
      const params = { path: { lorebookId } };
      return (await take(http.GET("/v1/lorebooks/{lorebookId}/bindings", { params }))).items;
    },
  });
}

export function bind(lorebookId: string, scope: string, scopeId: string | null) {
  const params = { path: { lorebookId } };
  return take(http.POST("/v1/lorebooks/{lorebookId}/bindings", { params, body: { scope, scopeId } }));
}

export function unbind(lorebookId: string, bindingId: string) {
  const params = { path: { lorebookId, bindingId } };
  return take(http.DELETE("/v1/lorebooks/{lorebookId}/bindings/{bindingId}", { params }));
}

export function tryOut(lorebookId: string, text: string) {
  return take(http.POST("/v1/lorebooks/test", { body: { text, lorebookIds: [lorebookId] } }));
}

export interface BookReport {
  readonly file: string;
  readonly status: string;
  readonly lorebookId: string | null;
  readonly error: { readonly message: string } | null;
}

export async function importBooks(files: readonly File[]): Promise<readonly BookReport[]> {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const headers = { "X-Operation-Id": newOperationId() };
  const response = await fetch("/v1/lorebooks/import", { method: "POST", headers, body: form });
  const body: unknown = await response.json().catch(() => null); // a proxy's page is not JSON: the status says enough
  if (!response.ok) throw toApiError(response.status, body);
  return (body as { items: BookReport[] }).items;
}
