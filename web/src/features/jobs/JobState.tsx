import { Button, Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { formatBytes } from "@/ui/bytes";
import { Icon } from "@/ui/Icon";
import { countsBytes, isEnded, type Job, percentOf } from "./jobs";
import classes from "./Jobs.module.css";
import { useJobActions } from "./useJobActions";

/** How far a job is, or why it ended badly. */
export function JobProgress({ job, label }: { readonly job: Job; readonly label: string }) {
  const { t, i18n } = useTranslation("jobs");
  const { status, progress, error } = job;
  if (error !== null) return <p className={classes.error}>{error.message}</p>;
  if (isEnded(status) && status !== "cancelled") return null;
  const percent = percentOf(job);
  const count = (value: number) =>
    countsBytes(job) ? formatBytes(value, i18n.language) : value.toLocaleString(i18n.language);
  return (
    <div className={classes.progress}>
      <Progress
        aria-label={label}
        value={percent ?? (status === "queued" ? 0 : 100)}
        animated={status === "running"}
        {...(status === "cancelled" && { color: "gray" })}
      />
      {progress !== null && (
        <span>
          {t("progress", { done: count(progress.done), total: count(progress.total) })}
          {progress.note !== "" && ` · ${progress.note}`}
        </span>
      )}
    </div>
  );
}

/** The one thing that can be done with a job now: stop it, or try it again. */
export function JobAction({ job, label }: { readonly job: Job; readonly label: string }) {
  const { t } = useTranslation("jobs");
  const { cancel, retry } = useJobActions(job.id);
  if (job.status === "done") return null;
  const open = !isEnded(job.status);
  const { mutate, isPending } = open ? cancel : retry;
  const title = open ? t("cancel") : t("retry");
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={isPending}
      leftSection={<Icon name={open ? "stop" : "retry"} size={14} />}
      aria-label={`${title}: ${label}`}
      onClick={() => mutate()}
    >
      {title}
    </Button>
  );
}
