import { useTranslation } from "react-i18next";
import type { Schema } from "./schema";
import type { StepKind } from "./steps";

// The words of the kinds that come with the server. What a plugin adds goes by the titles it brings.
const KINDS = ["pre.set", "pre.ask", "rag.recall", "llm.answer", "post.regex", "post.trim"] as const;
const PARAMS = [
  "variables",
  "name",
  "value",
  "prompt",
  "system",
  "given",
  "place",
  "depth",
  "role",
  "heading",
  "variable",
  "connectionId",
  "model",
  "params",
  "limit",
  "query",
  "rules",
  "pattern",
  "replacement",
  "flags",
  "whitespace",
  "incompleteSentence",
  "max_tokens",
] as const;
const CHOICES = [
  "nothing",
  "left",
  "none",
  "before_char",
  "after_char",
  "at_depth",
  "system",
  "user",
  "assistant",
] as const;
const HINTS = ["given", "query", "flags", "variable"] as const;

function pick<T extends string>(known: readonly T[], name: string): T | undefined {
  return known.find((one) => one === name);
}

/** What kinds of steps, their parameters and their choices are called in the reader's language. */
export function useWords() {
  const { t } = useTranslation("workshop");
  return {
    kind: ({ type, name, title }: Pick<StepKind, "type" | "name" | "title">): string => {
      const known = pick(KINDS, `${type}.${name}`);
      return known === undefined ? title : t(`kind.${known}`);
    },
    param: (name: string, schema: Schema): string => {
      const known = pick(PARAMS, name);
      return known === undefined ? (schema.title ?? name) : t(`param.${known}`);
    },
    hint: (name: string, schema: Schema): string | undefined => {
      const known = pick(HINTS, name);
      return known === undefined ? schema.description : t(`hint.${known}`);
    },
    choice: (value: string): string => {
      const known = pick(CHOICES, value);
      return known === undefined ? value : t(`choice.${known}`);
    },
  };
}
