import { useTranslation } from "react-i18next";
import type { LoreTrace } from "./api";
import classes from "./Explanation.module.css";

/** Which entries fired and by which key; which nearly did, and why not. */
export function LoreList({ lore }: { readonly lore: readonly LoreTrace[] }) {
  const { t } = useTranslation("runs");
  if (lore.length === 0) return <p className={classes.none}>{t("lore.none")}</p>;
  return (
    <ul className={classes.lore}>
      {lore.map((item, index) => (
        <li key={index} data-status={item.status}>
          <div className={classes.head}>
            <b>{item.entry || "–"}</b>
            <span>{item.book}</span>
            <em>{t(`lore.${item.status}`)}</em>
          </div>
          <p>
            {item.matches.map((match) => (
              <code key={`${match.key} ${match.ref}`}>{match.key}</code>
            ))}
            {item.matches.length === 0 && (item.by ?? item.reason ?? "")}
            {item.status === "skipped" && item.matches.length > 0 && <span>{item.reason}</span>}
            {item.tokens !== undefined && <span>{t("tokens", { count: item.tokens })}</span>}
          </p>
        </li>
      ))}
    </ul>
  );
}
