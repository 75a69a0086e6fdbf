import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Loading } from "@/ui/States";
import { ToastStack } from "@/ui/ToastStack";
import { listNavigation } from "../registry";
import { configQuery } from "../server";
import { ConnectionBanner } from "./ConnectionBanner";
import { SettingsMenu } from "./SettingsMenu";
import classes from "./Shell.module.css";
import { useKeptFocus } from "./useKeptFocus";
import { useLanguage } from "./useLanguage";
import { type Overlay, useShellCommands, useShortcuts } from "./useShortcuts";

const Palette = lazy(() => import("../palette/Palette"));
const KeyList = lazy(() => import("../palette/KeyList"));

export function Shell({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const content = useFocusOnNavigation();
  useShellCommands(setOverlay);
  useShortcuts();
  useKeptFocus();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t("nav.skip")}
      </a>
      <Rail onPalette={() => setOverlay("palette")} />
      <div className={classes.body}>
        <ConnectionBanner />
        <main id="content" ref={content} tabIndex={-1} className={classes.content}>
          <Suspense fallback={<Loading />}>{children}</Suspense>
        </main>
      </div>
      <ToastStack />
      <Suspense>
        {overlay === "palette" && <Palette onClose={() => setOverlay(null)} />}
        {overlay === "keys" && <KeyList onClose={() => setOverlay(null)} />}
      </Suspense>
    </div>
  );
}

function Rail({ onPalette }: { readonly onPalette: () => void }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: config } = useQuery(configQuery);
  const all = listNavigation(config?.features ?? {});
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const parent = all.find(({ to }) => path.startsWith(to))?.within;
  return (
    <nav className={classes.rail} aria-label={t("nav.label")}>
      <img src="/favicon.svg" alt="" width={34} height={34} className={classes.logo} />
      {all.map(
        ({ to, icon, title, within }) =>
          within === undefined && (
            <Link
              key={to}
              to={to}
              className={classes.entry}
              activeProps={{ "aria-current": "page" }}
              {...(to === parent && { "aria-current": "true" as const })}
            >
              <Icon name={icon} size={22} />
              <span>{title[language]}</span>
            </Link>
          ),
      )}
      <span className={classes.gap} />
      <button type="button" className={classes.entry} onClick={onPalette} aria-keyshortcuts="Control+K">
        <Icon name="search" size={22} />
        <span>{t("palette.open")}</span>
      </button>
      <SettingsMenu className={classes.entry ?? ""} />
    </nav>
  );
}

/** After a navigation the focus goes to the new page, so that a screen reader starts there. */
function useFocusOnNavigation() {
  const content = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const last = useRef<string>(undefined);
  useEffect(() => {
    if (path === last.current) return;
    const isFirst = last.current === undefined;
    last.current = path;
    if (!isFirst && !content.current?.contains(document.activeElement)) content.current?.focus();
  }, [path]);
  return content;
}
