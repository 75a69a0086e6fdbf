import type { AnyRoute } from "@tanstack/react-router";
import type { Language } from "@/i18n";
import type { IconName } from "@/ui/Icon";
import type { Root } from "./root";

/** The rights of the server's actors that a page may need; see the roles there. */
export type Scope = "chat:read" | "profile:read" | "workshop:read" | "job:read" | "admin";

/**
 * What a folder under `features/` says of itself. Nothing else of it is loaded until one of its routes is
 * opened. Its other words live in `locales/`, under the namespace `id`.
 */
export interface Feature<Routes extends readonly AnyRoute[] = readonly AnyRoute[]> {
  readonly id: string;
  /** Without this right the feature is not shown; the server refuses in any case. */
  readonly scope: Scope;
  /** Null for a feature that is only reached from others. */
  readonly navigation: Navigation | null;
  readonly routes: (root: Root) => Routes;
}

export interface Navigation {
  readonly to: string;
  readonly icon: IconName;
  readonly title: Readonly<Record<Language, string>>;
  /** The page that leads to this one. The rail then leaves it out; the palette does not. */
  readonly within?: string;
}
