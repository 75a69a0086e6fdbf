import { type PlacedFile } from "@/ui/dropped";

/** The files to import: all that were given by themselves; of a folder what the server could read as a card. */
export function pickCards(placed: readonly PlacedFile[]): readonly File[] {
  return placed.filter(({ path, file }) => !path.includes("/") || isCard(file)).map(({ file }) => file);
}

/** Folders hold much else; what the server could read as a card goes to it. */
export function isCard(file: File): boolean {
  return /\.(?:png|apng|json|charx|ya?ml|jpe?g)$/iu.test(file.name);
}
