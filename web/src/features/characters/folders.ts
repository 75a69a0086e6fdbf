/** The files that were dropped, those inside dropped folders included. */
export async function readDropped(transfer: DataTransfer): Promise<readonly File[]> {
  // Entries must be taken now: the list is emptied as soon as the event is over.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return files;
  return (await Promise.all(entries.map(readEntry))).flat().filter(isCard);
}

/** Folders hold much else; what the server could read as a card goes to it. */
export function isCard(file: File): boolean {
  return /\.(?:png|apng|json|charx|ya?ml|jpe?g)$/iu.test(file.name);
}

async function readEntry(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await readFile(entry as FileSystemFileEntry)];
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
