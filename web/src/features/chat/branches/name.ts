import type { TFunction } from "i18next";
import type { Branch } from "@/api/client";

/** Its title; without one, "Main" for the root and a number by age for the others. */
export function nameBranch(branch: Branch, all: readonly Branch[], t: TFunction<"chat">): string {
  const isRoot = branch.parentBranchId === null;
  if (isRoot && (branch.title === "" || branch.title === "main")) return t("branch.main");
  return branch.title || t("branch.number", { number: all.findIndex(({ id }) => id === branch.id) });
}
