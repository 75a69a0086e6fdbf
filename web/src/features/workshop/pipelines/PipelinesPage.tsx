import { useTranslation } from "react-i18next";
import { Workbench } from "../Workbench";
import { type Pipeline, pipelines } from "./api";
import { PipelineForm } from "./PipelineForm";

export default function PipelinesPage() {
  // The words of what unfolds here are fetched with the page's own, so that nothing blinks later.
  const { t } = useTranslation(["workshop", "runs"]);
  const describe = ({ definition, enabled, isDefault }: Pipeline) =>
    [
      isDefault && t("usual"),
      t("pipeline.steps", { count: definition.steps.length }),
      !enabled && t("disabled"),
    ]
      .filter(Boolean)
      .join(" · ");
  return (
    <Workbench
      resource={pipelines}
      describe={describe}
      form={(props) => <PipelineForm {...props} />}
      placesFoot
    />
  );
}
