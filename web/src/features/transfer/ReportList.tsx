import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "@/ui/Icon";
import report from "@/ui/Report.module.css";
import classes from "./Import.module.css";
import { pickItems, type ReportItem, type Status, STATUSES, tally } from "./report";

const ICONS: Readonly<Record<Status, IconName>> = {
  created: "check",
  duplicate: "copy",
  skipped: "minus",
  failed: "warn",
};
const AT_ONCE = 100;

/** How many of each kind came in, and below it each file: what it became, or why it did not. */
export function ReportList({ items }: { readonly items: readonly ReportItem[] }) {
  const { t, i18n } = useTranslation("transfer");
  const [status, setStatus] = useState<Status | null>(null);
  const [most, setMost] = useState(AT_ONCE);
  const found = pickItems(items, status);
  const count = (one: Status) => items.filter((item) => item.status === one).length;
  const number = (value: number) => value.toLocaleString(i18n.language);
  const choose = (value: string) => {
    setStatus(STATUSES.find((one) => one === value) ?? null);
    setMost(AT_ONCE);
  };
  return (
    <section aria-label={t("report")}>
      <Counts items={items} />
      <SegmentedControl
        aria-label={t("report.filter")}
        size="sm"
        value={status ?? ""}
        data={[
          { value: "", label: `${t("all")} ${number(items.length)}` },
          ...STATUSES.filter((one) => count(one) > 0).map((one) => ({
            value: one,
            label: `${t(`status.${one}`)} ${number(count(one))}`,
          })),
        ]}
        onChange={choose}
      />
      <ul className={`${report.items} ${classes.items}`}>
        {found.slice(0, most).map((item, index) => (
          <Item key={index} item={item} />
        ))}
      </ul>
      {found.length > most && (
        <Button variant="default" onClick={() => setMost(most + AT_ONCE)}>
          {t("common.more", { ns: "app" })}
        </Button>
      )}
    </section>
  );
}

function Counts({ items }: { readonly items: readonly ReportItem[] }) {
  const { t, i18n } = useTranslation("transfer");
  return (
    <dl className={classes.counts}>
      {tally(items).map(({ kind, created, duplicate, failed }) => (
        <div key={kind}>
          <dt>{t(`kind.${kind}`)}</dt>
          <dd className={classes.came}>{created.toLocaleString(i18n.language)}</dd>
          {duplicate > 0 && <dd className={classes.more}>{t("count.duplicate", { number: duplicate })}</dd>}
          {failed > 0 && (
            <dd className={classes.more} data-bad>
              {t("count.failed", { number: failed })}
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

function Item({ item }: { readonly item: ReportItem }) {
  const { t } = useTranslation("transfer");
  return (
    <li className={report.item} data-status={item.status}>
      <Icon name={ICONS[item.status]} size={18} />
      <div>
        <b>{item.name || item.file}</b>
        <small>
          {t(`one.${item.kind}`)} · {t(`status.${item.status}`)} · {item.file}
        </small>
        {item.error !== null && <small data-bad>{item.error.message}</small>}
        {item.warnings.length > 0 && (
          <details>
            <summary>{t("notes", { count: item.warnings.length })}</summary>
            {item.warnings.map(({ code, path, message }, index) => (
              <small key={index}>{[path, message || code].filter(Boolean).join(": ")}</small>
            ))}
          </details>
        )}
      </div>
      <Way item={item} />
    </li>
  );
}

/** The link to what came in. */
function Way({ item }: { readonly item: ReportItem }) {
  const { t } = useTranslation("transfer");
  const { id, kind } = item;
  if (id === null) return null;
  const common = { "aria-label": `${t("open")}: ${item.name ?? item.file}`, children: t("open") };
  switch (kind) {
    case "profile":
      return <Link to="/characters/$profileId" params={{ profileId: id }} {...common} />;
    case "chat":
      return <Link to="/chats/$chatId" params={{ chatId: id }} {...common} />;
    case "lorebook":
      return <Link to="/workshop/lorebooks" search={{ id }} {...common} />;
    case "persona":
      return <Link to="/workshop/personas" search={{ id }} {...common} />;
    case "preset":
      return <Link to="/workshop/presets" search={{ id }} {...common} />;
    default:
      return null;
  }
}
