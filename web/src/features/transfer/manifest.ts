import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

/** The import that is watched, or whose report is read. */
interface Watched {
  readonly job?: string;
}

function readWatched({ job }: Record<string, unknown>): Watched {
  return typeof job === "string" ? { job } : {};
}

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/import",
      validateSearch: readWatched,
      component: lazyRouteComponent(() => import("./ImportPage")),
    }),
  ] as const;

export const transfer = {
  id: "transfer",
  scope: "profile:read",
  navigation: {
    to: "/import",
    icon: "upload",
    title: { en: "Bring everything from SillyTavern", ru: "Перенести всё из SillyTavern" },
    within: "/characters",
  },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
