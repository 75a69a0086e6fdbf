import { describe, expect, test } from "vitest";
import { formatDuration } from "./duration";

describe("a duration", () => {
  test.each([
    [null, "…"],
    [0.84, "0.8 ms"],
    [3_424, "3.42 sec"],
    [59_999, "60 sec"],
    [60_000, "1 min"],
    [725_400, "12 min 5 sec"],
    [7_800_000, "2 hr 10 min"],
  ])("of %s ms is said as %s", (ms, said) => {
    expect(formatDuration(ms, "en")).toBe(said);
  });

  test("is said in the reader's language", () => {
    expect(formatDuration(725_000, "ru")).toBe("12 мин 5 с");
  });
});
