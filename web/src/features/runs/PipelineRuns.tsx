import { Table } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { formatDuration, formatMoment } from "@/ui/duration";
import { Empty, Failed, Loading, More } from "@/ui/States";
import { type PipelineRun, type PipelineRunFilter, pipelineNamesQuery, pipelineRunsQuery } from "./api";
import classes from "./Runs.module.css";
import { durationOf } from "./time";
import { useRunNews } from "./useRunNews";

interface Props {
  readonly filter: PipelineRunFilter;
  readonly label: string;
}

/** The newest runs of pipelines, told anew as answers begin and end. */
export function PipelineRuns({ filter, label }: Props) {
  const { t } = useTranslation("runs");
  const list = useInfiniteQuery(pipelineRunsQuery(filter));
  useRunNews();
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const found = list.data.pages.flatMap((page) => page.items);
  if (found.length === 0) return <Empty icon="flow" title={t("pipelines.none")} />;
  return (
    <>
      <Table.ScrollContainer
        minWidth={filter.pipeline === undefined ? 640 : 480}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": label } }}
      >
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("started")}</Table.Th>
              <Table.Th>{t("status")}</Table.Th>
              {filter.pipeline === undefined && <Table.Th>{t("pipeline")}</Table.Th>}
              <Table.Th>{t("trigger")}</Table.Th>
              <Table.Th ta="end">{t("steps")}</Table.Th>
              <Table.Th ta="end">{t("time")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.map((run) => (
              <Row key={run.id} run={run} named={filter.pipeline === undefined} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <More list={list} />
    </>
  );
}

function Row({ run, named }: { readonly run: PipelineRun; readonly named: boolean }) {
  const { t, i18n } = useTranslation("runs");
  const { generationId, startedAt, status, error, trigger } = run;
  const started = formatMoment(startedAt, i18n.language);
  return (
    <Table.Tr>
      <Table.Td>
        {generationId === null ? (
          started
        ) : (
          <Link to="/runs/$generationId" params={{ generationId }}>
            {started}
          </Link>
        )}
      </Table.Td>
      <Table.Td>
        <span className={classes.status} data-status={status}>
          {t(`status.${status}`)}
        </span>
        {error !== null && <small className={classes.code}>{error}</small>}
      </Table.Td>
      {named && <PipelineName id={run.pipelineId} />}
      <Table.Td>{t(`trigger.${trigger}`)}</Table.Td>
      <Table.Td ta="end">{countSteps(run)}</Table.Td>
      <Table.Td ta="end">{formatDuration(durationOf(run), i18n.language)}</Table.Td>
    </Table.Tr>
  );

  /** How many steps worked, and how many there were where some did not. */
  function countSteps({ steps }: PipelineRun): string {
    const done = steps.filter((step) => step.status === "done").length;
    return done === steps.length ? `${done}` : t("steps.of", { done, total: steps.length });
  }
}

function PipelineName({ id }: { readonly id: string | null }) {
  const { t } = useTranslation("runs");
  const { data: names = {} } = useQuery(pipelineNamesQuery);
  const name = id === null ? t("pipeline.builtIn") : names[id];
  return (
    <Table.Td>
      {id !== null && name !== undefined ? (
        <Link to="/workshop/pipelines" search={{ id }}>
          {name}
        </Link>
      ) : (
        (name ?? t("pipeline.gone"))
      )}
    </Table.Td>
  );
}
