import { describe, expect, test } from "vitest";
import type { Branch } from "@/api/client";
import { layOut } from "./tree";

const branch = (id: string, parentBranchId: string | null): Branch => ({
  id,
  chatId: "c1",
  title: "",
  parentBranchId,
  forkedFromMessageId: parentBranchId === null ? null : "m1",
  forkedFromVariantId: null,
  isActive: parentBranchId === null,
  createdAt: "2026-11-20T10:00:00.000Z",
});
const places = (branches: readonly Branch[]) =>
  Object.fromEntries(layOut(branches).map((spot) => [spot.branch.id, [spot.column, spot.row]]));

describe("the map of branches", () => {
  test("goes on in a row with the first child and begins a row for every other", () => {
    expect(
      places([
        branch("main", null),
        branch("a", "main"),
        branch("b", "main"),
        branch("a1", "a"),
        branch("a2", "a"),
      ]),
    ).toEqual({ main: [0, 0], a: [1, 0], a1: [2, 0], a2: [2, 1], b: [1, 2] });
  });

  test("shows a branch whose parent is not there as a root", () => {
    expect(places([branch("main", null), branch("lost", "gone")])).toEqual({ main: [0, 0], lost: [0, 1] });
  });

  test("stands a thousand forks in a row", () => {
    const chain = Array.from({ length: 1_000 }, (_, index) =>
      branch(`b${index}`, index === 0 ? null : `b${index - 1}`),
    );
    expect(layOut(chain).at(-1)).toMatchObject({ column: 999, row: 0 });
  });
});
