import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { formatDuration, formatMoment } from "@/ui/duration";
import { JobAction, JobProgress } from "./JobState";
import classes from "./Jobs.module.css";
import { isEnded, type Job, jobDuration } from "./jobs";

const IMPORT = "transfer.sillytavern";

/** One job, or several neighbours that went alike. */
export function JobRow({ job, count }: { readonly job: Job; readonly count: number }) {
  const { t, i18n } = useTranslation("jobs");
  const { id, status, createdAt } = job;
  const name = useJobName()(job.name);
  return (
    <li className={classes.row}>
      <div className={classes.head}>
        <strong>
          {name}
          {count > 1 && ` × ${count.toLocaleString(i18n.language)}`}
        </strong>
        <span className={classes.status} data-status={status}>
          {t(`status.${status}`)}
        </span>
        <span className={classes.actions}>
          {job.name === IMPORT && (
            <Link to="/import" search={{ job: id }}>
              {isEnded(status) ? t("report") : t("watch")}
            </Link>
          )}
          <JobAction job={job} label={name} />
        </span>
      </div>
      <p className={classes.times}>
        <time dateTime={createdAt}>{formatMoment(createdAt, i18n.language)}</time>
        <span>{formatDuration(jobDuration(job), i18n.language)}</span>
      </p>
      <JobProgress job={job} label={name} />
    </li>
  );
}

/** What a kind of job is called; one that this page does not know goes by its own name. */
export function useJobName(): (name: string) => string {
  const { t } = useTranslation("jobs");
  const names: Readonly<Record<string, string>> = {
    [IMPORT]: t("name.import"),
    "connections.pull_model": t("name.pull"),
    "profiles.thumbnail": t("name.thumbnail"),
  };
  return (name) => names[name] ?? name;
}
