import { queryOptions } from "@tanstack/react-query";
import { http, type Profile, take } from "./client";

export function profileQuery(id: string) {
  return queryOptions({
    queryKey: ["profiles", "one", id],
    queryFn: () => take(http.GET("/v1/entity-profiles/{profileId}", { params: { path: { profileId: id } } })),
  });
}

export function avatarOf(id: string, size?: "thumb"): string {
  return `/v1/entity-profiles/${encodeURIComponent(id)}/avatar${size ? `?size=${size}` : ""}`;
}

/** The spec is a card's V3 data: any of its fields may be missing or of a wrong type. */
export function readSpecText(profile: Profile, field: string): string {
  const value = (profile.spec as Readonly<Record<string, unknown>>)[field];
  return typeof value === "string" ? value.trim() : "";
}
