import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./Runs.module.css";

/** What the server did, by kind: answers, pipelines, jobs. */
export function RunTabs() {
  const { t } = useTranslation("runs");
  return (
    <nav className={classes.tabs} aria-label={t("title")}>
      <Link to="/runs" activeOptions={{ exact: true, includeSearch: false }} {...CURRENT}>
        {t("tab.generations")}
      </Link>
      <Link to="/runs/pipelines" activeOptions={{ includeSearch: false }} {...CURRENT}>
        {t("tab.pipelines")}
      </Link>
      <Link to="/jobs" {...CURRENT}>
        {t("tab.jobs")}
      </Link>
    </nav>
  );
}

const CURRENT = { activeProps: { "aria-current": "page" } } as const;
