import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/jobs",
      component: lazyRouteComponent(() => import("./JobsPage")),
    }),
  ] as const;

export const jobs = {
  id: "jobs",
  scope: "job:read",
  navigation: { to: "/jobs", icon: "runs", title: { en: "Jobs", ru: "Задания" }, within: "/runs" },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
