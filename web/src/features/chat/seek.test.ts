// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { findSeq } from "./seek";

/** Ids that sort as their places do, with holes where messages were deleted. */
const history = Array.from({ length: 10_000 }, (_, seq) => ({
  id: `id-${String(seq).padStart(6, "0")}`,
  seq,
}));
const kept = history.filter(({ seq }) => seq % 7 !== 3);

function createReader() {
  let reads = 0;
  const read = (from: number) => {
    reads += 1;
    return Promise.resolve(kept.find(({ seq }) => seq >= from));
  };
  return { read, count: () => reads };
}

describe("the place of a message", () => {
  test.each([0, 1, 4, 5_000, 9_998])("%d is found in a few reads", async (seq) => {
    const { read, count } = createReader();
    expect(await findSeq(history[seq]?.id ?? "", 9_999, read)).toBe(seq);
    expect(count()).toBeLessThanOrEqual(15);
  });

  test("is null for one that is deleted or of another branch", async () => {
    const { read } = createReader();
    expect(await findSeq("id-000003", 9_999, read)).toBeNull();
    expect(await findSeq("zz", 9_999, read)).toBeNull();
  });
});
