import { describe, expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { DefinitionRefused, placeProblems, problemAt } from "./problems";
import type { Step } from "./steps";

const step = (key: string): Step => ({
  key,
  name: `the ${key}`,
  type: "pre",
  use: "set",
  params: {},
  when: null,
  required: true,
  enabled: true,
  dependsOn: [],
});
const refusal = (...problems: readonly { path: string; message: string; line?: number; column?: number }[]) =>
  new ApiError(422, "pipelines.definition_invalid", "all of it", null, {
    problems: problems.map((one) => ({ line: null, column: null, ...one })),
  });

describe("problems of a definition", () => {
  test("find the step they were sent for, with the place in its text", () => {
    const error = placeProblems(
      refusal(
        { path: "definition.steps[1].params.rules[0].pattern", message: "missing )", line: 1, column: 4 },
        { path: "definition.steps[0].use", message: "there is none" },
      ),
      [step("a"), step("b")],
    );
    expect(error).toBeInstanceOf(DefinitionRefused);
    expect((error as DefinitionRefused).problems).toEqual([
      { key: "b", field: "params.rules[0].pattern", message: "1:4: missing )" },
      { key: "a", field: "use", message: "there is none" },
    ]);
    expect((error as DefinitionRefused).message).toBe("the b: params.rules[0].pattern: 1:4: missing )");
  });

  test("of the whole are in its message", () => {
    const error = placeProblems(refusal({ path: "definition.steps", message: "one must answer" }), []);
    expect((error as DefinitionRefused).message).toBe("one must answer");
  });

  test("are looked for at a field, or inside it", () => {
    const problems = [{ key: "a", field: "params.rules[0].flags", message: "no flag x" }];
    expect(problemAt(problems, "params.rules")).toBeNull();
    expect(problemAt(problems, "params.rules", true)).toBe("no flag x");
    expect(problemAt(problems, "params.rule", true)).toBeNull();
    expect(problemAt(problems, "params.rules[0].flags")).toBe("no flag x");
  });

  test("are only those of a definition", () => {
    const other = new ApiError(409, "pipelines.version_conflict", "changed", null, null);
    expect(placeProblems(other, [])).toBe(other);
  });
});
