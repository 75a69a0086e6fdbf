// The part of JSON Schema that step kinds describe their parameters with; the server checks against the same part.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

export type Control = "choice" | "line" | "text" | "number" | "switch" | "list" | "group" | "json";

// A longer text wants room of its own.
const ONE_LINE = 500;

/** The control that a value of this schema is edited with; `json` for what has none. */
export function controlOf(schema: Schema): Control {
  if (schema.enum?.every((value) => typeof value === "string")) return "choice";
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  const [type = ""] = types.length === 1 ? types : [];
  switch (type) {
    case "string":
      return isLong(schema) ? "text" : "line";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "switch";
    case "array":
      return schema.items === undefined ? "json" : "list";
    case "object":
      return schema.properties === undefined ? "json" : "group";
    default:
      return "json";
  }
}

/** A pattern is a line, however long it may be. */
function isLong({ format, maxLength = 0 }: Schema): boolean {
  return format === "liquid" || (format !== "regex" && maxLength > ONE_LINE);
}

/** What a new item of a list begins with: its needed fields, so that they are seen. */
export function blankOf(schema: Schema): unknown {
  switch (controlOf(schema)) {
    case "group":
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, blankOf(schema.properties?.[name] ?? {})]),
      );
    case "list":
      return [];
    case "number":
      return schema.minimum ?? 0;
    case "switch":
      return schema.default ?? false;
    case "choice":
      return schema.default ?? schema.enum?.[0];
    case "json":
      return {};
    default:
      return "";
  }
}

type Values = Readonly<Record<string, unknown>>;

/** `values` with one set, or taken away when `value` is undefined: then its default holds. */
export function withValue(values: Values, name: string, value: unknown): Values {
  if (value !== undefined) return { ...values, [name]: value };
  return Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
}

/** Values that no field of the schema shows, as sampler settings that a provider alone knows. */
export function hiddenValues(schema: Schema, values: Values): readonly string[] {
  return Object.keys(values).filter((name) => schema.properties?.[name] === undefined);
}
