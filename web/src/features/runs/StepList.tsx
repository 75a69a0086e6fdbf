import { useTranslation } from "react-i18next";
import type { Trace } from "./api";
import classes from "./Explanation.module.css";
import { formatDuration } from "@/ui/duration";

/** Every step of the run with its time, and what went in and out. */
export function StepList({ steps }: { readonly steps: Trace["steps"] }) {
  const { t, i18n } = useTranslation("runs");
  if (steps.length === 0) return <p className={classes.none}>{t("steps.none")}</p>;
  const longest = Math.max(1, ...steps.map((step) => step.durationMs ?? 0));
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <li key={index} data-status={step.status}>
          <div className={classes.head}>
            <b>{step.name}</b>
            <span>{step.type}</span>
            <span>{step.status}</span>
            <time>{formatDuration(step.durationMs, i18n.language)}</time>
          </div>
          <i style={{ width: `${(100 * (step.durationMs ?? 0)) / longest}%` }} aria-hidden="true" />
          {step.error !== null && <p className={classes.error}>{step.error}</p>}
          {(step.input !== null || step.output !== null) && (
            <details>
              <summary>{t("steps.data")}</summary>
              <pre className={classes.raw} tabIndex={0} aria-label={t("steps.data")}>
                {JSON.stringify({ input: step.input, output: step.output }, null, 2)}
              </pre>
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}
