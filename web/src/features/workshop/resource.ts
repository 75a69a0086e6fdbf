import { queryOptions } from "@tanstack/react-query";

/** A kind of thing that is listed, made, changed and deleted in the workshop. `Draft` is what its form holds. */
export interface Resource<Item extends Named, Draft> {
  /** The name of its page, and the key of its query. */
  readonly name: "personas" | "templates" | "presets" | "connections" | "lorebooks" | "pipelines";
  readonly list: () => Promise<readonly Item[]>;
  readonly blank: Draft;
  readonly toDraft: (item: Item) => Draft;
  readonly create: (draft: Draft) => Promise<Item>;
  readonly change: (item: Item, draft: Draft) => Promise<Item>;
  readonly remove: (item: Item) => Promise<unknown>;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** The server's most at once; a workshop holds tens of each kind. */
export const ALL = { params: { query: { limit: 500 } } };

export function resourceQuery<Item extends Named, Draft>(resource: Resource<Item, Draft>) {
  return queryOptions({ queryKey: ["workshop", resource.name], queryFn: resource.list });
}
