import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Failed, Loading } from "@/ui/States";
import { type Trace, traceQuery } from "./api";
import { diffLines } from "./diff";
import classes from "./Explanation.module.css";
import { mergeMessages } from "./prompt";

// Around a difference this much of what is the same is shown.
const AROUND = 2;

/** How another variant's prompt differs: lines only it had, and lines only this one has. */
export function Comparison({ trace, otherId }: { readonly trace: Trace; readonly otherId: string }) {
  const { t } = useTranslation("runs");
  const other = useQuery(traceQuery(otherId));
  if (other.isPending) return <Loading />;
  if (other.isError) return <Failed error={other.error} onRetry={() => void other.refetch()} />;
  const lines = diffLines(linesOf(other.data), linesOf(trace));
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ kind }) => kind !== "same"),
  );
  if (!shown.includes(true)) return <p className={classes.none}>{t("compare.same")}</p>;
  return (
    <div className={classes.diff} tabIndex={0} role="group" aria-label={t("compare")}>
      {lines.map(({ kind, text }, index) =>
        shown[index] === true ? (
          <p key={index} data-kind={kind}>
            {kind !== "same" && <span className="unseen">{t(`diff.${kind}`)} </span>}
            {text || " "}
          </p>
        ) : (
          shown[index - 1] === true && <hr key={index} />
        ),
      )}
    </div>
  );
}

function linesOf(trace: Trace): readonly string[] {
  return mergeMessages(trace.prompt).flatMap(({ role, content }) => [`[${role}]`, ...content.split("\n")]);
}
