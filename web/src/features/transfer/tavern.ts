import type { ZipEntry } from "./zip";

/** The folders of a SillyTavern user that the server reads; backups, thumbnails and the like stay at home. */
const FOLDERS: ReadonlySet<string> = new Set([
  "characters",
  "chats",
  "worlds",
  "groups",
  "group chats",
  "User Avatars",
  "OpenAI Settings",
  "TextGen Settings",
]);
const TELLING = ["characters", "chats", "worlds", "group chats"];

/**
 * The files of `entries` that an import reads. They may lie in a user's folder, or deeper: in SillyTavern's own
 * folder with its `data/`. None when nothing there is SillyTavern's.
 */
export function chooseFiles(entries: readonly ZipEntry[]): readonly ZipEntry[] {
  const split = entries.map((entry) => ({ entry, parts: entry.path.split("/") }));
  const depths = split.map(({ parts }) => depthOf(parts)).filter((depth) => depth >= 0);
  if (depths.length === 0) return [];
  const depth = Math.min(...depths);
  const roots = new Set(
    split.filter(({ parts }) => depthOf(parts) === depth).map(({ parts }) => parts.slice(0, depth).join("/")),
  );
  return split
    .filter(({ parts }) => {
      const [folder = "", ...rest] = parts.slice(depth);
      const known = rest.length === 0 ? folder === "settings.json" : FOLDERS.has(folder);
      return known && roots.has(parts.slice(0, depth).join("/"));
    })
    .map(({ entry }) => entry);
}

function depthOf(parts: readonly string[]): number {
  return parts.slice(0, -1).findIndex((part) => TELLING.includes(part));
}
