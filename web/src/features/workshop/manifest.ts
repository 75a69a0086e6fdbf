import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

/** What is open on a bench: the id of an item, or "new"; and the chat that a new template is for. */
interface Chosen {
  readonly id?: string;
  readonly chat?: string;
}

function readChosen({ id, chat }: Record<string, unknown>): Chosen {
  return { ...(typeof id === "string" && { id }), ...(typeof chat === "string" && { chat }) };
}

const routes = (root: Root) => {
  const common = { getParentRoute: () => root, validateSearch: readChosen };
  return [
    createRoute({
      getParentRoute: () => root,
      path: "/workshop",
      beforeLoad: () => {
        throw redirect({ to: "/workshop/personas", replace: true });
      },
    }),
    createRoute({
      ...common,
      path: "/workshop/personas",
      component: lazyRouteComponent(() => import("./personas/PersonasPage")),
    }),
    createRoute({
      ...common,
      path: "/workshop/templates",
      component: lazyRouteComponent(() => import("./templates/TemplatesPage")),
    }),
    createRoute({
      ...common,
      path: "/workshop/presets",
      component: lazyRouteComponent(() => import("./presets/PresetsPage")),
    }),
    createRoute({
      ...common,
      path: "/workshop/connections",
      component: lazyRouteComponent(() => import("./connections/ConnectionsPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/workshop/models",
      component: lazyRouteComponent(() => import("./models/ModelsPage")),
    }),
    createRoute({
      ...common,
      path: "/workshop/lorebooks",
      component: lazyRouteComponent(() => import("./lore/LorebooksPage")),
    }),
    createRoute({
      ...common,
      path: "/workshop/pipelines",
      component: lazyRouteComponent(() => import("./pipelines/PipelinesPage")),
    }),
  ] as const;
};

export const workshop = {
  id: "workshop",
  scope: "workshop:read",
  navigation: { to: "/workshop", icon: "tools", title: { en: "Workshop", ru: "Мастерская" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
