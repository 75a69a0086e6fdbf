import { characters } from "@/features/characters/manifest";
import { chat } from "@/features/chat/manifest";
import { jobs } from "@/features/jobs/manifest";
import { runs } from "@/features/runs/manifest";
import { transfer } from "@/features/transfer/manifest";
import { workshop } from "@/features/workshop/manifest";
import type { Feature, Navigation } from "./feature";

/** Every feature of the page, in the order of the navigation. A new one is a folder and a line here. */
export const features = [
  characters,
  chat,
  workshop,
  runs,
  jobs,
  transfer,
] as const satisfies readonly Feature[];

/** The entries of those features that the server has switched on. One it does not name is on. */
export function listNavigation(switches: Readonly<Record<string, boolean>>): readonly Navigation[] {
  const all: readonly Feature[] = features;
  return all.flatMap((feature) =>
    switches[feature.id] === false || feature.navigation === null ? [] : [feature.navigation],
  );
}
