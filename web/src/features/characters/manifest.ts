import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/characters",
      validateSearch: (search: Record<string, unknown>): { q?: string } =>
        typeof search.q === "string" && search.q !== "" ? { q: search.q } : {},
      component: lazyRouteComponent(() => import("./GalleryPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/characters/$profileId",
      component: lazyRouteComponent(() => import("./ProfilePage")),
    }),
  ] as const;

export const characters = {
  id: "characters",
  scope: "profile:read",
  navigation: { to: "/characters", icon: "people", title: { en: "Characters", ru: "Персонажи" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
