import { useTranslation } from "react-i18next";
import { formatDuration } from "@/ui/duration";
import type { Trace } from "./api";
import classes from "./Explanation.module.css";

type Step = Trace["steps"][number];

/** Every step of the run with its time, why it was left out, and what went in and out. */
export function StepList({ steps }: { readonly steps: readonly Step[] }) {
  const { t } = useTranslation("runs");
  if (steps.length === 0) return <p className={classes.none}>{t("steps.none")}</p>;
  const longest = Math.max(1, ...steps.map((step) => step.durationMs ?? 0));
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <Item key={index} step={step} longest={longest} />
      ))}
    </ol>
  );
}

function Item({ step, longest }: { readonly step: Step; readonly longest: number }) {
  const { t, i18n } = useTranslation("runs");
  const { name, status, durationMs, error, input, output } = step;
  const when = input?.when;
  return (
    <li data-status={status}>
      <div className={classes.head}>
        <b>{name}</b>
        <span>{t(`type.${step.type as "pre"}`, { defaultValue: step.type })}</span>
        <em>{t(`status.${status as "done"}`, { defaultValue: status })}</em>
        <time>{status === "skipped" ? "" : formatDuration(durationMs, i18n.language)}</time>
      </div>
      {status !== "skipped" && (
        <i style={{ width: `${(100 * (durationMs ?? 0)) / longest}%` }} aria-hidden="true" />
      )}
      {typeof when === "string" && (
        <p>
          {t("steps.when")} <code>{when}</code>
        </p>
      )}
      <Skipped step={step} />
      {error !== null && <p className={classes.error}>{error}</p>}
      <Data label={t("steps.input")} value={input} />
      <Data label={t("steps.output")} value={output} />
    </li>
  );
}

/** Why a step did not run, as far as it says so. */
function Skipped({ step }: { readonly step: Step }) {
  const { t } = useTranslation("runs");
  const reason = step.output?.reason;
  if (step.status !== "skipped" || typeof reason !== "string") return null;
  return <p>{tell(reason)}</p>;

  function tell(why: string): string {
    if (why === "disabled") return t("skip.disabled");
    if (why === "condition") return t("skip.condition");
    if (why.startsWith("dependency:")) return t("skip.dependency", { name: why.slice("dependency:".length) });
    return why;
  }
}

function Data({ label, value }: { readonly label: string; readonly value: Step["input"] }) {
  if (value === null || Object.keys(value).length === 0) return null;
  return (
    <details>
      <summary>{label}</summary>
      <pre className={classes.raw} tabIndex={0} aria-label={label}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}
