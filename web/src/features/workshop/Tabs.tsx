import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TabBar } from "@/ui/TabBar";
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
    <TabBar className={classes.tabs} label={t("title")}>
      {PAGES.map((page) => (
        <Link key={page} to={`/workshop/${page}`} activeProps={{ "aria-current": "page" }}>
          {t(page)}
        </Link>
      ))}
    </TabBar>
  );
}
