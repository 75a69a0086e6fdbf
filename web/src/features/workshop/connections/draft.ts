import type { Connection } from "@/api/client";

export interface ConnectionDraft {
  readonly name: string;
  readonly provider: Connection["provider"];
  readonly baseUrl: string;
  /** Undefined leaves a stored key as it is. */
  readonly apiKey?: string;
  readonly defaultModel: string;
  readonly contextTokens: number;
  readonly answerTokens: number;
  readonly enabled: boolean;
  readonly isDefault: boolean;
}
