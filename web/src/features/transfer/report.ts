/** What became of one file of an import; `id` leads to what it became, or to what was there already. */
export interface ReportItem {
  readonly file: string;
  readonly kind: "profile" | "chat" | "lorebook" | "persona" | "preset" | "group" | "settings" | "folder";
  readonly status: "created" | "duplicate" | "skipped" | "failed";
  readonly id: string | null;
  readonly name: string | null;
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly message: string }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

export const STATUSES = ["failed", "skipped", "created", "duplicate"] as const;
export type Status = (typeof STATUSES)[number];

/** The report in a job's result; none while the job has not ended well. */
export function readReport(result: unknown): readonly ReportItem[] | null {
  if (typeof result !== "object" || result === null || !("items" in result)) return null;
  return Array.isArray(result.items) ? (result.items as ReportItem[]) : null;
}

export interface Tally {
  readonly kind: Exclude<ReportItem["kind"], "folder">;
  readonly created: number;
  readonly duplicate: number;
  readonly failed: number;
}

/** How many of each kind came in, were known, or failed, not what was passed over; in the order of what people look for. */
export function tally(items: readonly ReportItem[]): readonly Tally[] {
  const order = ["profile", "chat", "lorebook", "persona", "preset", "group", "settings"] as const;
  return order
    .map((kind) => {
      const count = (status: Status) =>
        items.filter((item) => item.kind === kind && item.status === status).length;
      return { kind, created: count("created"), duplicate: count("duplicate"), failed: count("failed") };
    })
    .filter(({ created, duplicate, failed }) => created + duplicate + failed > 0);
}

/** Those with this status, or all; failures first, for they ask for something, then what was passed over. */
export function pickItems(items: readonly ReportItem[], status: Status | null): readonly ReportItem[] {
  if (status !== null) return items.filter((item) => item.status === status);
  return STATUSES.flatMap((one) => items.filter((item) => item.status === one));
}
