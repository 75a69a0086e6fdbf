import { ApiError } from "@/api/errors";
import type { Step } from "./steps";

/** What is wrong at one place of a definition: `field` as in `params.rules[0].pattern`. */
export interface Problem {
  readonly key: string;
  readonly field: string;
  readonly message: string;
}

interface Told {
  readonly path: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** A definition that the server refused, with each problem at the step it was sent for. */
export class DefinitionRefused extends Error {
  override name = "DefinitionRefused";

  constructor(
    message: string,
    readonly problems: readonly Problem[],
  ) {
    super(message);
  }
}

const AT_STEP = /^definition\.steps\[(\d+)\](?:\.(.*))?$/u;

/** `error` with its problems found a place, if it is a refusal of `steps`; otherwise `error` itself. */
export function placeProblems(error: unknown, steps: readonly Step[]): unknown {
  if (!(error instanceof ApiError) || !Array.isArray(error.details?.problems)) return error;
  const told = error.details.problems as readonly Told[];
  const problems = told.flatMap(({ path, message, line, column }): Problem[] => {
    const found = AT_STEP.exec(path);
    const step = found === null ? undefined : steps[Number(found[1])];
    const where = line === null ? "" : `${line}:${column ?? 1}: `;
    return step === undefined ? [] : [{ key: step.key, field: found?.[2] ?? "", message: where + message }];
  });
  const elsewhere = told.filter(({ path }) => !AT_STEP.test(path)).map(({ message }) => message);
  const [first] = problems;
  const name = steps.find(({ key }) => key === first?.key)?.name ?? "";
  const lead = first && [name, first.field, first.message].filter(Boolean).join(": ");
  return new DefinitionRefused([...elsewhere, lead].filter(Boolean).join("; "), problems);
}

/** What is said at a field, and at all that lies inside it when `within`. */
export function problemAt(problems: readonly Problem[], field: string, within = false): string | null {
  const found = problems.filter(
    (problem) =>
      problem.field === field ||
      (within && (problem.field.startsWith(`${field}.`) || problem.field.startsWith(`${field}[`))),
  );
  return found.length === 0 ? null : found.map(({ message }) => message).join("; ");
}
