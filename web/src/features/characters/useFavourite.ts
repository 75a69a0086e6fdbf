import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Profile } from "@/api/client";
import { toasts } from "@/ui/toasts";
import { setFavourite } from "./api";

/** Makes a profile a favourite, or takes that back. */
export function useFavourite(profile: Profile) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => setFavourite(profile.id, !profile.favourite),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["profiles"] }),
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });
}
