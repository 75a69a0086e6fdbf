/** A number that samplers commonly take; `step` is how far a press of an arrow goes. */
export interface Sampler {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** The common ones, each with a field of its own. All others live in the form's JSON. */
export const SAMPLERS: readonly Sampler[] = [
  { name: "temperature", min: 0, max: 5, step: 0.05 },
  { name: "top_p", min: 0, max: 1, step: 0.01 },
  { name: "min_p", min: 0, max: 1, step: 0.01 },
  { name: "top_k", min: -1, max: 1_000, step: 1 },
  { name: "repetition_penalty", min: 0, max: 5, step: 0.01 },
  { name: "frequency_penalty", min: -2, max: 2, step: 0.05 },
  { name: "presence_penalty", min: -2, max: 2, step: 0.05 },
  { name: "max_tokens", min: 1, max: 1_000_000, step: 16 },
  { name: "seed", min: -1, max: 4_294_967_295, step: 1 },
];

const FIELDS = new Set([...SAMPLERS.map(({ name }) => name), "stop"]);

export type Params = Readonly<Record<string, unknown>>;

/** Parameters without a field of their own. */
export function listOthers(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !FIELDS.has(name)));
}

/** `params` with the ones without a field replaced by `others`; a field's own name in `others` is left out. */
export function replaceOthers(params: Params, others: Params): Params {
  const fields = Object.entries(params).filter(([name]) => FIELDS.has(name));
  return { ...listOthers(others), ...Object.fromEntries(fields) };
}

/** `params` with one set, or taken away when `value` is undefined. */
export function setParam(params: Params, name: string, value: unknown): Params {
  const others = Object.entries(params).filter(([other]) => other !== name);
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
}

/** An object of JSON; null when the text is anything else. */
export function parseObject(text: string): Params | null {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Params) : null;
  } catch {
    return null; // half-typed JSON: the field says so
  }
}
