import { useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useTitle } from "@/ui/useTitle";
import { Chooser } from "./Chooser";
import classes from "./Import.module.css";
import { Watch } from "./Watch";

/** Everything from a SillyTavern folder: choose it, watch it come in, read what became of each thing. */
export default function ImportPage() {
  // The words of what unfolds here are fetched with the page's own, so that nothing blinks later.
  const { t } = useTranslation(["transfer", "jobs"]);
  const { job } = useSearch({ from: "/import" });
  useTitle(t("title"));
  return (
    <div className={classes.page}>
      <h1>{t("title")}</h1>
      {job === undefined ? <Chooser /> : <Watch key={job} jobId={job} />}
    </div>
  );
}
