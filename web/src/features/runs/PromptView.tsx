import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/States";
import type { Trace } from "./api";
import classes from "./Explanation.module.css";
import { familyOf } from "./prompt";

/** The prompt as sent, each piece in the colour of its origin, and below it what found no room. */
export function PromptView({ trace }: { readonly trace: Trace }) {
  const { t, i18n } = useTranslation("runs");
  const { prompt, trimmed } = trace;
  if (prompt.length === 0) return <Empty icon="page" title={t("prompt.none")} />;
  return (
    <>
      <ol className={classes.pieces}>
        {prompt.map((piece, index) => (
          <li key={index} data-origin={familyOf(piece.origin)}>
            <div className={classes.head}>
              <b>{t(`origin.${familyOf(piece.origin)}`)}</b>
              <span>{piece.role}</span>
              <span>{t("tokens", { count: piece.tokens })}</span>
            </div>
            <p>{piece.text}</p>
          </li>
        ))}
      </ol>
      {trimmed.length > 0 && (
        <details className={classes.trimmed}>
          <summary>
            {t("trimmed", { count: trimmed.length })} ·{" "}
            {t("tokens", { count: trimmed.reduce((sum, { tokens }) => sum + tokens, 0) })}
          </summary>
          <ul>
            {trimmed.map((item, index) => (
              <li key={index}>
                {t(`origin.${familyOf(item.origin)}`)} · {item.tokens.toLocaleString(i18n.language)} ·{" "}
                {t(`reason.${readReason(item.reason)}`)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function readReason(reason: string): "budget" | "window" | "lore_budget" {
  return reason === "window" || reason === "lore_budget" ? reason : "budget";
}
