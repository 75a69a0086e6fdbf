import "@mantine/core/styles.layer.css";
import "./theme/tokens.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./app/router";
import { followWorkspace, queryClient } from "./app/server";
import { ErrorBoundary } from "./app/shell/Fallbacks";
import { Shell } from "./app/shell/Shell";
import { startI18n } from "./i18n";
import { cssVariablesResolver, schemeManager, theme } from "./theme/mantine";
import { Loading } from "./ui/States";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

// After an upgrade of the server the old page's files are gone. One reload takes the new page; a second
// failure at once is another trouble, which the page shows.
const RELOADED = "fabula.reloaded";
addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem(RELOADED));
  if (Date.now() - last < 10_000) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

await startI18n();
followWorkspace();

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
    >
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <Suspense fallback={<Loading />}>
            <RouterProvider router={router} InnerWrap={Shell} />
          </Suspense>
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  </StrictMode>,
);
