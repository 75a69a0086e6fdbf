export interface TemplateDraft {
  readonly name: string;
  readonly templateText: string;
  readonly scope: string;
  readonly scopeId: string | null;
  readonly enabled: boolean;
}
