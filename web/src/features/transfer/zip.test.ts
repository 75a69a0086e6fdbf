import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ZipEntry, zipStored, ZipTooLarge } from "./zip";

const entry = (path: string, content: BlobPart): ZipEntry => ({ path, file: new Blob([content]) });
const going = new AbortController().signal;

/** The files of a zip as another program reads them, which checks the checksums too. */
function readByPython(zip: Uint8Array): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "fabula-zip-"));
  const file = join(folder, "a.zip");
  writeFileSync(file, zip);
  const script =
    "import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; " +
    "print(json.dumps({n: z.read(n).hex() for n in z.namelist()}))";
  const told = execFileSync("python3", ["-c", script, file], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return JSON.parse(told) as Record<string, string>;
}

const hex = (text: string) => Buffer.from(text).toString("hex");

test("another program reads back every file and name, the empty and the foreign ones too", async () => {
  const large = new Uint8Array(300_000).map((_, index) => (index * 7) & 0xff);
  const zip = await zipStored(
    [
      entry("characters/Мира.png", "picture"),
      entry("chats/Мира/a b.jsonl", ""),
      entry("worlds/big.json", large),
    ],
    () => undefined,
    going,
  );
  expect(readByPython(new Uint8Array(await zip.arrayBuffer()))).toEqual({
    "characters/Мира.png": hex("picture"),
    "chats/Мира/a b.jsonl": "",
    "worlds/big.json": Buffer.from(large).toString("hex"),
  });
});

test("an archive of nothing is an archive", async () => {
  const zip = await zipStored([], () => undefined, going);
  expect(readByPython(new Uint8Array(await zip.arrayBuffer()))).toEqual({});
});

test("what was read is told as it goes", async () => {
  const told: number[] = [];
  await zipStored([entry("a", "123"), entry("b", "45")], (bytes) => told.push(bytes), going);
  expect(told).toEqual([3, 5]);
});

test("more files than the format counts are refused before any is read", async () => {
  const one = entry("a", "");
  const many = Array.from({ length: 65_536 }, () => one);
  await expect(zipStored(many, () => undefined, going)).rejects.toBeInstanceOf(ZipTooLarge);
});

test("it stops when it is told to", async () => {
  const stopped = AbortSignal.abort();
  await expect(zipStored([entry("a", "123")], () => undefined, stopped)).rejects.toThrow();
});
