/** A file, and where it lay in the folder that was chosen or dropped. */
export interface PlacedFile {
  /** With `/` between its parts, and nothing before the first. */
  readonly path: string;
  readonly file: File;
}

/** What was dropped: files, and those inside folders with their places. */
export async function readDropped(transfer: DataTransfer): Promise<readonly PlacedFile[]> {
  // Entries must be taken now: the list is emptied as soon as the event is over.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return files.map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map(readEntry))).flat();
}

/** Files chosen by a picker of folders. */
export function placeFiles(files: readonly File[]): readonly PlacedFile[] {
  return files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function readEntry(entry: FileSystemEntry): Promise<PlacedFile[]> {
  if (entry.isFile) {
    const file = await readFile(entry as FileSystemFileEntry);
    return [{ path: entry.fullPath.replace(/^\/+/u, ""), file }];
  }
  const inside = await readFolder(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map(readEntry))).flat();
}

function readFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((done, fail) => entry.file(done, fail));
}

/** A folder is told in parts of at most a hundred, the last of them empty. */
async function readFolder(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (part.length === 0) return all;
    all.push(...part);
  }
}
