import { createRoute, createRouter, redirect } from "@tanstack/react-router";
import { characters } from "@/features/characters/manifest";
import { chat } from "@/features/chat/manifest";
import { jobs } from "@/features/jobs/manifest";
import { runs } from "@/features/runs/manifest";
import { transfer } from "@/features/transfer/manifest";
import { workshop } from "@/features/workshop/manifest";
import { Loading } from "@/ui/States";
import { root } from "./root";
import { RouteFailed } from "./shell/Fallbacks";

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/characters", replace: true });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    ...characters.routes(root),
    ...chat.routes(root),
    ...workshop.routes(root),
    ...runs.routes(root),
    ...jobs.routes(root),
    ...transfer.routes(root),
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: RouteFailed,
  defaultPendingComponent: Loading,
  scrollRestoration: true,
  scrollToTopSelectors: ["#content"],
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
