import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

/** Which branch is shown, the active one by default, and the message to stand at. */
interface Place {
  readonly branch?: string;
  readonly message?: string;
}

function readPlace({ branch, message }: Record<string, unknown>): Place {
  return {
    ...(typeof branch === "string" && { branch }),
    ...(typeof message === "string" && { message }),
  };
}

const routes = (root: Root) =>
  [
    createRoute({
      getParentRoute: () => root,
      path: "/chats",
      component: lazyRouteComponent(() => import("./ChatsPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/chats/$chatId",
      validateSearch: readPlace,
      component: lazyRouteComponent(() => import("./ChatPage")),
    }),
    createRoute({
      getParentRoute: () => root,
      path: "/chats/$chatId/read",
      validateSearch: readPlace,
      component: lazyRouteComponent(() => import("./reading/ReadingPage")),
    }),
  ] as const;

export const chat = {
  id: "chat",
  scope: "chat:read",
  navigation: { to: "/chats", icon: "talk", title: { en: "Chats", ru: "Чаты" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
