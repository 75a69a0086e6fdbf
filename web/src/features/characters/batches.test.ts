import { expect, test } from "vitest";
import { splitFiles } from "./batches";

test("files are sent in parts of at most twenty, and by their weight", () => {
  const light = Array.from({ length: 45 }, () => ({ size: 1_000 }));
  expect(splitFiles(light).map((part) => part.length)).toEqual([20, 20, 5]);
  const heavy = [{ size: 80_000_000 }, { size: 80_000_000 }, { size: 200_000_000 }, { size: 1 }];
  expect(splitFiles(heavy).map((part) => part.length)).toEqual([1, 1, 1, 1]);
  expect(splitFiles([])).toEqual([]);
});
