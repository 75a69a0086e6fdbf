import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { workspaceEvents } from "@/app/server";
import { isEnded, JobAction, type JobNews, JobProgress, useOpenJobs } from "@/features/jobs";
import { Empty, Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { Tabs } from "../Tabs";
import classes from "../Workshop.module.css";
import { localModelsQuery, PULL } from "./api";
import { ModelRow } from "./ModelRow";

/** The models that run on the server's own machine: fetch one, choose one, delete one. */
export default function ModelsPage() {
  // The words of what unfolds here are fetched with the page's own, so that nothing blinks later.
  const { t } = useTranslation(["workshop", "jobs"]);
  const models = useQuery(localModelsQuery);
  const pulls = useOpenJobs(PULL);
  useTitle(t("models"));
  useArrivals();
  return (
    <div className={classes.page}>
      <Tabs />
      <section className={classes.single}>
        <h1>{t("models")}</h1>
        <p className={classes.none}>{t("about.models")}</p>
        {pulls.map((job) => (
          <div key={job.id} className={classes.pull}>
            <div className={classes.row}>
              <strong className={classes.grow}>{t("models.fetching")}</strong>
              <JobAction job={job} label={t("models.fetching")} />
            </div>
            <JobProgress job={job} label={t("models.fetching")} />
          </div>
        ))}
        {models.isPending && <Loading />}
        {models.isError && <Failed error={models.error} onRetry={() => void models.refetch()} />}
        {models.isSuccess && models.data.length === 0 && <Empty icon="download" title={t("none.models")} />}
        <ul className={classes.entries}>
          {models.data?.map((model) => (
            <ModelRow key={model.name} model={model} fetching={pulls.length > 0} />
          ))}
        </ul>
      </section>
    </div>
  );
}

/** A model that has arrived is there to be chosen, here and in the chats. */
function useArrivals(): void {
  const queries = useQueryClient();
  useEffect(
    () =>
      workspaceEvents.listen((event) => {
        const news = event.data as unknown as JobNews;
        if (event.type !== "job.progress" || news.name !== PULL || !isEnded(news.status)) return;
        void queries.invalidateQueries({ queryKey: ["workshop"] });
      }),
    [queries],
  );
}
