import { Button, Chip, NativeSelect, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import workshop from "../Workshop.module.css";
import { JsonField } from "./JsonField";
import { ParamsForm } from "./ParamsForm";
import classes from "./Pipelines.module.css";
import { type Problem, problemAt } from "./problems";
import { hiddenValues, type Schema } from "./schema";
import { isFixed, type Params, possibleDependencies, type Step, type StepKind } from "./steps";
import { useWords } from "./useWords";

interface Props {
  readonly step: Step;
  readonly steps: readonly Step[];
  readonly kinds: readonly StepKind[];
  readonly problems: readonly Problem[];
  readonly onChange: (change: Partial<Omit<Step, "key">>) => void;
  readonly onRemove: () => void;
}

export function StepForm(props: Props) {
  const { step, kinds, problems, onChange, onRemove } = props;
  const { t } = useTranslation("workshop");
  const words = useWords();
  const alike = kinds.filter(({ type }) => type === step.type);
  const kind = alike.find(({ name }) => name === step.use);
  return (
    <div className={classes.form}>
      <TextInput
        required
        label={t("name")}
        value={step.name}
        error={problemAt(problems, "name")}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      {(alike.length > 1 || kind === undefined) && (
        <NativeSelect
          label={t("step.kind")}
          value={step.use}
          error={problemAt(problems, "use")}
          data={[
            ...(kind === undefined ? [{ value: step.use, label: step.use }] : []),
            ...alike.map((one) => ({ value: one.name, label: words.kind(one) })),
          ]}
          onChange={(event) => onChange({ use: event.currentTarget.value, params: {} })}
        />
      )}
      <StepParams step={step} kind={kind} problems={problems} onChange={(params) => onChange({ params })} />
      {!isFixed(step) && <Conditions {...props} />}
      {(!isFixed(step) || props.steps.filter(isFixed).length > 1) && (
        <div>
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            onClick={onRemove}
          >
            {t("step.remove")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Conditions({ step, steps, problems, onChange }: Props) {
  const { t } = useTranslation("workshop");
  const possible = possibleDependencies(steps, step);
  const shown = [...new Set([...possible, ...step.dependsOn])];
  return (
    <>
      <TextInput
        label={t("step.when")}
        description={t("step.when.about")}
        placeholder={t("step.when.always")}
        classNames={{ input: workshop.code ?? "" }}
        value={step.when ?? ""}
        error={problemAt(problems, "when")}
        onChange={({ currentTarget }) => onChange({ when: currentTarget.value || null })}
      />
      <Switch
        label={t("step.required")}
        checked={step.required}
        onChange={(event) => onChange({ required: event.currentTarget.checked })}
      />
      {shown.length > 0 && (
        <fieldset className={classes.chips}>
          <legend>{t("step.dependsOn")}</legend>
          <Chip.Group multiple value={[...step.dependsOn]} onChange={(dependsOn) => onChange({ dependsOn })}>
            {shown.map((name) => (
              <Chip key={name} value={name} size="sm">
                {name}
              </Chip>
            ))}
          </Chip.Group>
          {problemAt(problems, "dependsOn", true) !== null && (
            <p className={workshop.problem}>{problemAt(problems, "dependsOn", true)}</p>
          )}
        </fieldset>
      )}
    </>
  );
}

interface ParamsProps {
  readonly step: Step;
  readonly kind: StepKind | undefined;
  readonly problems: readonly Problem[];
  readonly onChange: (params: Params) => void;
}

/** The parameters as fields, or as the JSON that they are: the only way for a kind that this server does not know. */
function StepParams({ step, kind, problems, onChange }: ParamsProps) {
  const { t } = useTranslation("workshop");
  const [asJson, setAsJson] = useState(false);
  const schema = kind?.params as Schema | undefined;
  const hidden = schema === undefined ? [] : hiddenValues(schema, step.params);
  if (schema === undefined) return <JsonField label={t("step.params")} value={step.params} onChange={put} />;
  return (
    <section className={classes.params} aria-label={t("step.params")}>
      <SegmentedControl
        size="xs"
        aria-label={t("step.params")}
        value={asJson ? "json" : "form"}
        data={[
          { value: "form", label: t("step.params") },
          { value: "json", label: "JSON" },
        ]}
        onChange={(value) => setAsJson(value === "json")}
      />
      {asJson ? (
        <JsonField label="JSON" value={step.params} onChange={put} />
      ) : (
        <>
          <ParamsForm
            schema={schema}
            value={step.params}
            path="params"
            problems={problems}
            onChange={onChange}
          />
          {hidden.length > 0 && (
            <p className={workshop.none}>{t("step.hidden", { names: hidden.join(", ") })}</p>
          )}
        </>
      )}
    </section>
  );

  function put(value: unknown): void {
    onChange(value as Params);
  }
}
