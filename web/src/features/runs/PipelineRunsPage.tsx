import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useTitle } from "@/ui/useTitle";
import { ChatPicker } from "./ChatPicker";
import { PipelineRuns } from "./PipelineRuns";
import classes from "./Runs.module.css";
import { RunTabs } from "./RunTabs";

/** How the work around the answers went. */
export default function PipelineRunsPage() {
  const { t } = useTranslation("runs");
  const { chat } = useSearch({ from: "/runs/pipelines" });
  const navigate = useNavigate({ from: "/runs/pipelines" });
  useTitle(t("pipelines"));
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1>{t("pipelines")}</h1>
        <ChatPicker
          value={chat}
          onChange={(next) =>
            void navigate({ search: next === undefined ? {} : { chat: next }, replace: true })
          }
        />
      </header>
      <RunTabs />
      <PipelineRuns filter={chat === undefined ? {} : { chat }} label={t("pipelines")} />
    </div>
  );
}
