import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Feature } from "@/app/feature";
import type { Root } from "@/app/root";

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
      component: lazyRouteComponent(() => import("./ChatPage")),
    }),
  ] as const;

export const chat = {
  id: "chat",
  scope: "chat:read",
  navigation: { to: "/chats", icon: "talk", title: { en: "Chats", ru: "Чаты" } },
  routes,
} as const satisfies Feature<ReturnType<typeof routes>>;
