/** A size as people say it: 93 MB, 1.9 GB. */
export function formatBytes(bytes: number, language: string): string {
  const large = bytes >= 1e9;
  return (bytes / (large ? 1e9 : 1e6)).toLocaleString(language, {
    style: "unit",
    unit: large ? "gigabyte" : "megabyte",
    maximumFractionDigits: 1,
  });
}
