import type { Branch } from "@/api/client";

/** Where a branch stands on the map: its distance from the root, and its row, both from 0. */
export interface Spot {
  readonly branch: Branch;
  readonly column: number;
  readonly row: number;
  /** The spot of its parent; null for a root. */
  readonly parent: Spot | null;
}

/**
 * A tidy tree: the first child goes on in its parent's row, every other one begins a row below all before it.
 * Branches come oldest first. One whose parent is not among them is shown as a root, so none is lost.
 */
export function layOut(branches: readonly Branch[]): readonly Spot[] {
  const known = new Set(branches.map(({ id }) => id));
  const children = new Map<string | null, Branch[]>();
  for (const branch of branches) {
    const { parentBranchId } = branch;
    const parent = parentBranchId !== null && known.has(parentBranchId) ? parentBranchId : null;
    children.set(parent, [...(children.get(parent) ?? []), branch]);
  }
  const spots: Spot[] = [];
  // Depth first and without recursion: a chat may be forked a thousand times in a row.
  const waiting = (children.get(null) ?? [])
    .map((branch) => ({ branch, parent: null as Spot | null }))
    .reverse();
  let rows = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { branch, parent } = next;
    const goesOn = parent !== null && spots.at(-1) === parent;
    const row = goesOn ? parent.row : rows++;
    const spot: Spot = { branch, parent, row, column: parent === null ? 0 : parent.column + 1 };
    spots.push(spot);
    for (const child of [...(children.get(branch.id) ?? [])].reverse()) {
      waiting.push({ branch: child, parent: spot });
    }
  }
  return spots;
}
