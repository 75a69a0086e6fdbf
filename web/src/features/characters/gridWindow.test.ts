import { describe, expect, test } from "vitest";
import { windowOf } from "./gridWindow";

const SIZE = { columns: 5, row: 400 };

describe("a long grid", () => {
  test("is made only around the view, and keeps its whole height", () => {
    const shown = windowOf(20_000, SIZE, 800_000, 800);
    expect(shown.end - shown.first).toBeLessThanOrEqual(50);
    expect(shown.first).toBe(1_997 * 5);
    const rows = (shown.end - shown.first) / 5;
    expect(shown.before + rows * 400 + shown.after).toBe((20_000 / 5) * 400);
  });

  test("is whole when it is short, at the top and at the end", () => {
    expect(windowOf(7, SIZE, -200, 800)).toEqual({ first: 0, end: 7, before: 0, after: 0 });
    expect(windowOf(20_000, SIZE, 5_000_000, 800)).toMatchObject({ end: 20_000, after: 0 });
    expect(windowOf(0, SIZE, 0, 800)).toMatchObject({ first: 0, end: 0 });
  });
});
