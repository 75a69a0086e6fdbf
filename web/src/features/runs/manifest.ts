import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { GenerationStatus } from "@/api/client";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";
import type { RunFilter } from "./api";

const STATUSES: ReadonlySet<unknown> = new Set<GenerationStatus>([
  "streaming",
  "done",
  "aborted",
  "error",
  "interrupted",
]);

function readFilter({ status, chat }: Record<string, unknown>): RunFilter {
  return {
    ...(STATUSES.has(status) && { status: status as GenerationStatus }),
    ...(typeof chat === "string" && { chat }),
  };
}

function readChat({ chat }: Record<string, unknown>): Pick<RunFilter, "chat"> {
  return typeof chat === "string" ? { chat } : {};
}

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/runs",
      validateSearch: readFilter,
      component: lazyRouteComponent(() => import("./RunsPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/runs/pipelines",
      validateSearch: readChat,
      component: lazyRouteComponent(() => import("./PipelineRunsPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/runs/$generationId",
      component: lazyRouteComponent(() => import("./RunPage")),
    }),
  ] as const;

export const runs = {
  id: "runs",
  scope: "chat:read",
  navigation: { to: "/runs", icon: "runs", title: { en: "Runs", ru: "Запуски" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
