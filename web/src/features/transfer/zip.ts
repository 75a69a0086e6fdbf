// A zip whose files are stored as they are: local headers, contents, central directory and end record, after
// PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Cards are compressed pictures already, so there is
// nothing to gain from packing, and the contents need not pass through memory: they stay references to files.

export interface ZipEntry {
  /** With `/` between its parts, and nothing before the first. */
  readonly path: string;
  readonly file: Blob;
}

/** What the format without its 64-bit extension can count. */
const MOST_ENTRIES = 0xffff;
const MOST_BYTES = 0xffff_ffff;
const UTF8_NAMES = 0x0800;
const VERSION = 20;
// 1980-01-01, the format's first day: when a file was last changed says nothing to the import.
const FIRST_DAY = 0x0021;

/** Thrown when there is more than a zip of this kind holds. */
export class ZipTooLarge extends Error {
  override name = "ZipTooLarge";
}

/** One zip of all entries. Each file is read once, for its checksum; `onRead` is told the bytes read so far. */
export async function zipStored(
  entries: readonly ZipEntry[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  if (entries.length > MOST_ENTRIES) throw new ZipTooLarge(`more than ${MOST_ENTRIES} files`);
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directorySize = 0;
  let read = 0;
  for (const { path, file } of entries) {
    const name = new TextEncoder().encode(path);
    const crc = await checksum(file, (bytes) => onRead((read += bytes)), signal);
    const common = [
      VERSION,
      UTF8_NAMES,
      0,
      0,
      FIRST_DAY,
      ...wide(crc),
      ...wide(file.size),
      ...wide(file.size),
    ];
    const local = record(0x0403_4b50, [...common, name.length, 0]);
    const central = record(0x0201_4b50, [VERSION, ...common, name.length, 0, 0, 0, 0, 0, 0, ...wide(offset)]);
    parts.push(local, name, file);
    directory.push(central, name);
    offset += local.length + name.length + file.size;
    directorySize += central.length + name.length;
    if (offset + directorySize > MOST_BYTES) throw new ZipTooLarge("more than 4 GB");
  }
  const count = entries.length;
  const end = record(0x0605_4b50, [0, 0, count, count, ...wide(directorySize), ...wide(offset), 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** A 32-bit number as two of 16, the lower first. */
function wide(value: number): readonly [number, number] {
  return [value & 0xffff, value >>> 16];
}

/** A signature and 16-bit numbers after it, little-endian. */
function record(signature: number, values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 2 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  values.forEach((value, index) => view.setUint16(4 + 2 * index, value, true));
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** CRC-32 as of ISO 3309, of a blob read piece by piece. */
async function checksum(file: Blob, onRead: (bytes: number) => void, signal: AbortSignal): Promise<number> {
  let crc = 0xffff_ffff;
  const reader = file.stream().getReader();
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) return (crc ^ 0xffff_ffff) >>> 0;
    for (const byte of value) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
    onRead(value.length);
  }
}
