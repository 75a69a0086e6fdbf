import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { workspaceEvents } from "@/app/server";

/** Reads the shown lists of runs again as answers begin and end. */
export function useRunNews(): void {
  const queries = useQueryClient();
  useEffect(
    () =>
      workspaceEvents.listen((event) => {
        if (!event.type.startsWith("generation.")) return;
        void queries.invalidateQueries({ queryKey: ["generations", "list"] });
      }),
    [queries],
  );
}
