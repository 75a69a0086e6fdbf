import { useTranslation } from "react-i18next";
import classes from "../Workshop.module.css";
import type { PreviewState, Problem } from "./usePreview";

interface Props {
  readonly preview: PreviewState;
  readonly onProblem: (problem: Problem) => void;
}

export function Preview({ preview, onProblem }: Props) {
  const { t } = useTranslation("workshop");
  const { data, error, problems } = preview;
  return (
    <section className={classes.preview} aria-label={t("preview")} aria-live="polite">
      {problems.map((problem, index) => (
        <button key={index} type="button" className={classes.problem} onClick={() => onProblem(problem)}>
          {t("problem", { line: problem.line, column: problem.column })} {problem.message}
        </button>
      ))}
      {error !== null && problems.length === 0 && <p className={classes.problem}>{error.message}</p>}
      {error === null && data !== undefined && (
        <>
          <header>
            <b>{t("preview")}</b>
            <span>{t("tokens", { count: data.tokens })}</span>
            {data.unknownMacros.length > 0 && (
              <span>{t("macros.unknown", { names: data.unknownMacros.join(", ") })}</span>
            )}
          </header>
          <p>{data.text}</p>
        </>
      )}
    </section>
  );
}
