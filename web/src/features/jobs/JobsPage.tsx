import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { RunTabs } from "@/features/runs";
import { Empty, Failed, Loading, More } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { jobsQuery } from "./api";
import { JobRow } from "./JobRow";
import classes from "./Jobs.module.css";
import { groupJobs } from "./jobs";
import { useJobNews } from "./useJobNews";

/** What the server does on its own: imports, downloads, pictures; told live. */
export default function JobsPage() {
  const { t } = useTranslation(["jobs", "runs"]);
  useTitle(t("title"));
  useJobNews();
  return (
    <div className={classes.page}>
      <h1>{t("title")}</h1>
      <RunTabs />
      <List />
    </div>
  );
}

function List() {
  const { t } = useTranslation("jobs");
  const list = useInfiniteQuery(jobsQuery);
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const jobs = list.data.pages.flatMap((page) => page.items);
  if (jobs.length === 0)
    return (
      <Empty icon="runs" title={t("none")}>
        <p>{t("none.body")}</p>
      </Empty>
    );
  return (
    <>
      <ul className={classes.list}>
        {groupJobs(jobs).map(({ job, count }) => (
          <JobRow key={job.id} job={job} count={count} />
        ))}
      </ul>
      <More list={list} />
    </>
  );
}
