import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import {
  isEnded,
  type Job,
  JobAction,
  jobDuration,
  JobProgress,
  jobQuery,
  useJobNews,
} from "@/features/jobs";
import { formatDuration } from "@/ui/duration";
import { Failed, Loading } from "@/ui/States";
import classes from "./Import.module.css";
import { ReportList } from "./ReportList";
import { readReport } from "./report";

/** An import as it goes on, and what became of everything at its end. */
export function Watch({ jobId }: { readonly jobId: string }) {
  useJobNews();
  const job = useQuery(jobQuery(jobId));
  if (job.isPending) return <Loading />;
  if (job.isError) return <Failed error={job.error} onRetry={() => void job.refetch()} />;
  return <Watched job={job.data} />;
}

function Watched({ job }: { readonly job: Job }) {
  const { t, i18n } = useTranslation("transfer");
  const report = readReport(job.result);
  const ended = isEnded(job.status);
  const time = formatDuration(jobDuration(job), i18n.language);
  return (
    <>
      <div className={classes.state}>
        <p role="status">{job.status === "done" ? t("state.done", { time }) : t(`state.${job.status}`)}</p>
        <JobAction job={job} label={t("title")} />
      </div>
      <JobProgress job={job} label={t("title")} />
      {!ended && <p className={classes.hint}>{t("leave")}</p>}
      {report !== null && <ReportList items={report} />}
      {ended && (
        <div className={classes.ways}>
          {job.status === "done" && (
            <Button renderRoot={(props) => <Link {...props} to="/characters" />}>{t("toGallery")}</Button>
          )}
          <Button variant="default" renderRoot={(props) => <Link {...props} to="/import" search={{}} />}>
            {t("another")}
          </Button>
        </div>
      )}
    </>
  );
}
