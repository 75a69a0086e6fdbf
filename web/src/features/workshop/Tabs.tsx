import { Link } from "@tanstack/react-router";
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
  return (
    <nav className={classes.tabs} aria-label={t("title")}>
      {PAGES.map((page) => (
        <Link key={page} to={`/workshop/${page}`} activeProps={{ "aria-current": "page" }}>
          {t(page)}
        </Link>
      ))}
    </nav>
  );
}
