// What a first visit to a chat transfers: the page, its scripts, styles and words, each compressed by gzip.
// Fails over the budget. Reads the manifest that the build leaves; run after `npm run build`.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 350;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

// Russian, the longer of the two languages.
const ROOTS = [
  "index.html",
  "src/features/chat/ChatPage.tsx",
  "src/app/locales/ru.json",
  "src/features/chat/locales/ru.json",
];

function collect(key, files, seen) {
  if (seen.has(key)) return;
  seen.add(key);
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no ${key}`);
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const other of chunk.imports ?? []) collect(other, files, seen);
}

const files = new Set(["index.html", "theme.js", "favicon.svg"]);
const seen = new Set();
for (const root of ROOTS) collect(root, files, seen);

const sizes = [...files]
  .map((file) => ({ file, bytes: gzipSync(readFileSync(new URL(file, dist))).length }))
  .sort((a, b) => b.bytes - a.bytes);
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;

for (const { file, bytes } of sizes) console.log(`${(bytes / 1024).toFixed(1).padStart(7)} KB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KB  first load of a chat, gzip (budget ${BUDGET_KB} KB)`);
if (total > BUDGET_KB) process.exitCode = 1;
