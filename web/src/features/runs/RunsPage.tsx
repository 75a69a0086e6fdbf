import { NativeSelect, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Generation, GenerationStatus } from "@/api/client";
import { Empty, Failed, Loading, More } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { generationsQuery, type RunFilter } from "./api";
import { ChatPicker } from "./ChatPicker";
import classes from "./Runs.module.css";
import { formatDuration, formatMoment } from "@/ui/duration";
import { RunTabs } from "./RunTabs";
import { durationOf } from "./time";
import { useRunNews } from "./useRunNews";

const STATUSES = ["streaming", "done", "aborted", "error", "interrupted"] as const;

/** The newest generations of the workspace, told anew as they begin and end. */
export default function RunsPage() {
  const { t } = useTranslation("runs");
  const filter = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  useTitle(t("title"));
  useRunNews();
  const filterBy = (change: { status?: GenerationStatus | undefined; chat?: string | undefined }) => {
    const { status, chat } = { ...filter, ...change };
    void navigate({
      search: { ...(status !== undefined && { status }), ...(chat !== undefined && { chat }) },
      replace: true,
    });
  };
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1>{t("title")}</h1>
        <ChatPicker value={filter.chat} onChange={(chat) => filterBy({ chat })} />
        <NativeSelect
          aria-label={t("status")}
          value={filter.status ?? ""}
          data={[
            { value: "", label: t("status.all") },
            ...STATUSES.map((status) => ({ value: status, label: t(`status.${status}`) })),
          ]}
          onChange={({ currentTarget }) =>
            filterBy({ status: STATUSES.find((status) => status === currentTarget.value) })
          }
        />
      </header>
      <RunTabs />
      <List filter={filter} />
    </div>
  );
}

function List({ filter }: { readonly filter: RunFilter }) {
  const { t } = useTranslation("runs");
  const list = useInfiniteQuery(generationsQuery(filter));
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const found = list.data.pages.flatMap((page) => page.items);
  if (found.length === 0) return <Empty icon="runs" title={t("none")} />;
  return (
    <>
      <Table.ScrollContainer
        minWidth={640}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("title") } }}
      >
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("started")}</Table.Th>
              <Table.Th>{t("status")}</Table.Th>
              <Table.Th>{t("model")}</Table.Th>
              <Table.Th ta="end">{t("tokens.prompt")}</Table.Th>
              <Table.Th ta="end">{t("tokens.answer")}</Table.Th>
              <Table.Th ta="end">{t("time")}</Table.Th>
              <Table.Th>{t("answer")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.map((generation) => (
              <Row key={generation.id} generation={generation} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <More list={list} />
    </>
  );
}

function Row({ generation }: { readonly generation: Generation }) {
  const { t, i18n } = useTranslation("runs");
  const { id, chatId, messageId, status, error } = generation;
  const started = formatMoment(generation.startedAt, i18n.language);
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/runs/$generationId" params={{ generationId: id }}>
          {started}
        </Link>
      </Table.Td>
      <Table.Td>
        <span className={classes.status} data-status={status} title={error?.message}>
          {t(`status.${status}`)}
        </span>
        {error !== null && <small className={classes.code}>{error.code}</small>}
      </Table.Td>
      <Table.Td>{generation.model}</Table.Td>
      <Table.Td ta="end">{generation.promptTokens ?? "–"}</Table.Td>
      <Table.Td ta="end">{generation.completionTokens ?? "–"}</Table.Td>
      <Table.Td ta="end">{formatDuration(durationOf(generation), i18n.language)}</Table.Td>
      <Table.Td>
        {chatId === null ? (
          "–"
        ) : (
          <Link
            to="/chats/$chatId"
            params={{ chatId }}
            search={messageId === null ? {} : { message: messageId }}
          >
            {t("open")}
          </Link>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
