import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { TabBar } from "@/ui/TabBar";
import classes from "./Runs.module.css";

/** What the server did, by kind: answers, pipelines, jobs. */
export function RunTabs() {
  const { t } = useTranslation("runs");
  return (
    <TabBar className={classes.tabs} label={t("title")}>
      <Link to="/runs" activeOptions={{ exact: true, includeSearch: false }} {...CURRENT}>
        {t("tab.generations")}
      </Link>
      <Link to="/runs/pipelines" activeOptions={{ includeSearch: false }} {...CURRENT}>
        {t("tab.pipelines")}
      </Link>
      <Link to="/jobs" {...CURRENT}>
        {t("tab.jobs")}
      </Link>
    </TabBar>
  );
}

const CURRENT = { activeProps: { "aria-current": "page" } } as const;
