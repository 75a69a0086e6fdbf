import { describe, expect, test } from "vitest";
import { blankOf, controlOf, hiddenValues, type Schema, withValue } from "./schema";

const RULE: Schema = {
  type: "object",
  required: ["pattern"],
  properties: {
    pattern: { type: "string", format: "regex", maxLength: 2_000 },
    flags: { type: "string", default: "g", maxLength: 5 },
  },
};

describe("a parameter", () => {
  test.each<[Schema, string]>([
    [{ type: "string", enum: ["a", "b"] }, "choice"],
    [{ type: "string", maxLength: 100 }, "line"],
    [{ type: ["string", "null"] }, "line"],
    [{ type: "string", format: "liquid", maxLength: 100 }, "text"],
    [{ type: "string", format: "regex", maxLength: 2_000 }, "line"],
    [{ type: ["integer", "null"] }, "number"],
    [{ type: "boolean" }, "switch"],
    [{ type: "array", items: RULE }, "list"],
    [RULE, "group"],
    [{ type: "object", additionalProperties: true }, "json"],
    [{ type: ["string", "number"] }, "json"],
    [{}, "json"],
  ])("of %j is edited by a %s", (schema, control) => {
    expect(controlOf(schema)).toBe(control);
  });

  test("of a list begins with what is needed and leaves the rest to its defaults", () => {
    expect(blankOf(RULE)).toEqual({ pattern: "" });
  });

  test("that is emptied is gone, so that its default holds", () => {
    expect(withValue({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
    expect(withValue({ a: 1 }, "b", null)).toEqual({ a: 1, b: null });
  });

  test("without a field is known by name", () => {
    expect(hiddenValues(RULE, { pattern: "x", own: 1 })).toEqual(["own"]);
  });
});
