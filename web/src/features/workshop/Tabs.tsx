import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Workshop.module.css";

const PAGES = [
  "personas",
  "templates",
  "presets",
  "connections",
  "models",
  "lorebooks",
  "pipelines",
] as const;

export function Tabs() {
  const { t } = useTranslation("workshop");
  const nav = useRef<HTMLElement>(null);
  // On a phone they are wider than the screen: the one that is open comes into view.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, []);
  return (
    <nav ref={nav} className={classes.tabs} aria-label={t("title")}>
      {PAGES.map((page) => (
        <Link key={page} to={`/workshop/${page}`} activeProps={{ "aria-current": "page" }}>
          {t(page)}
        </Link>
      ))}
    </nav>
  );
}
