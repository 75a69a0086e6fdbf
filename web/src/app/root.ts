import { createRootRoute } from "@tanstack/react-router";
import { Missing } from "./shell/Fallbacks";

/** Every feature hangs its routes here; the shell is wrapped around them in `main.tsx`. */
export const root = createRootRoute({ notFoundComponent: Missing });

export type Root = typeof root;
