// The server takes 20 files and 256 MB at once.
const MOST_FILES = 20;
const MOST_BYTES = 120_000_000;

/** Files in parts that the server takes. A file larger than a part is a part of its own. */
export function splitFiles<T extends { readonly size: number }>(
  files: readonly T[],
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of files) {
    const last = parts.at(-1);
    if (last === undefined || last.length >= MOST_FILES || bytes + file.size > MOST_BYTES) {
      parts.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
    }
  }
  return parts;
}
