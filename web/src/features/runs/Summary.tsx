import { useTranslation } from "react-i18next";
import type { Trace } from "./api";
import classes from "./Explanation.module.css";
import { familyOf, shareTokens } from "./prompt";
import { formatDuration } from "@/ui/duration";
import { durationOf } from "./time";

/** The figures at a glance, and a bar of the prompt's tokens by origin. */
export function Summary({ trace }: { readonly trace: Trace }) {
  const { t, i18n } = useTranslation("runs");
  const { generation, prompt } = trace;
  const shares = shareTokens(prompt);
  const total = shares.reduce((sum, { tokens }) => sum + tokens, 0);
  const seconds = formatDuration(durationOf(generation), i18n.language);
  const facts = [
    [t("model"), generation.model || "–"],
    [t("status"), t(`status.${generation.status}`)],
    [t("tokens.prompt"), (generation.promptTokens ?? total).toLocaleString(i18n.language)],
    [t("tokens.answer"), generation.completionTokens?.toLocaleString(i18n.language) ?? "–"],
    [t("time"), seconds],
    [t("finish"), generation.finishReason ?? "–"],
  ] as const;
  return (
    <>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {generation.error !== null && <p className={classes.error}>{generation.error.message}</p>}
      {total > 0 && (
        <div className={classes.bar} aria-hidden="true">
          {shares.map(({ origin, tokens }) => (
            <i key={origin} data-origin={origin} style={{ flexGrow: tokens }} />
          ))}
        </div>
      )}
      <ul className={classes.legend}>
        {shares.map(({ origin, tokens }) => (
          <li key={origin} data-origin={familyOf(origin)}>
            {t(`origin.${origin}`)} <b>{tokens.toLocaleString(i18n.language)}</b>
          </li>
        ))}
      </ul>
    </>
  );
}
