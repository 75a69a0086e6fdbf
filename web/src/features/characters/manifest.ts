import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";
import type { Filter } from "./api";

function readFilter({ q, tag, favourite, sort }: Record<string, unknown>): Filter {
  return {
    ...(typeof q === "string" && q !== "" && { q }),
    ...(typeof tag === "string" && tag !== "" && { tag }),
    ...(favourite === true && { favourite }),
    ...((sort === "updated" || sort === "name") && { sort }),
  };
}

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/characters",
      validateSearch: readFilter,
      component: lazyRouteComponent(() => import("./GalleryPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/characters/$profileId",
      component: lazyRouteComponent(() => import("./ProfilePage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/characters/$profileId/edit",
      component: lazyRouteComponent(() => import("./editor/EditorPage")),
    }),
  ] as const;

export const characters = {
  id: "characters",
  scope: "profile:read",
  navigation: { to: "/characters", icon: "people", title: { en: "Characters", ru: "Персонажи" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
