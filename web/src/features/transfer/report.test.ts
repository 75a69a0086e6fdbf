import { expect, test } from "vitest";
import { pickItems, readReport, type ReportItem, tally } from "./report";

const item = (file: string, kind: ReportItem["kind"], status: ReportItem["status"]): ReportItem => ({
  file,
  kind,
  status,
  id: null,
  name: null,
  warnings: [],
  error: null,
});
const ITEMS = [
  item("w.json", "lorebook", "created"),
  item("a.png", "profile", "created"),
  item("b.png", "profile", "duplicate"),
  item("c.png", "profile", "failed"),
  item("themes", "folder", "skipped"),
];

test("a report is read from a result, and nothing else is taken for one", () => {
  expect(readReport({ items: ITEMS, counts: {} })).toEqual(ITEMS);
  expect([null, "done", { counts: {} }, { items: 3 }].map(readReport)).toEqual([null, null, null, null]);
});

test("the tally counts by kind, characters first, without the kinds that did not come", () => {
  expect(tally(ITEMS)).toEqual([
    { kind: "profile", created: 1, duplicate: 1, failed: 1 },
    { kind: "lorebook", created: 1, duplicate: 0, failed: 0 },
  ]);
});

test("failures come first, and one status may be picked", () => {
  expect(pickItems(ITEMS, null).map(({ file }) => file)).toEqual([
    "c.png",
    "themes",
    "w.json",
    "a.png",
    "b.png",
  ]);
  expect(pickItems(ITEMS, "duplicate").map(({ file }) => file)).toEqual(["b.png"]);
});
