import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useConnections } from "../targets";
import workshop from "../Workshop.module.css";
import { JsonField } from "./JsonField";
import { type Problem, problemAt } from "./problems";
import { controlOf, type Schema } from "./schema";
import { useWords } from "./useWords";

export interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** Where the value stands in the step, as its problems name it. */
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly required: boolean;
  /** Undefined takes the value away, so that its default holds. */
  readonly onChange: (value: unknown) => void;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function useCommon({ name, schema, path, problems }: FieldProps) {
  const words = useWords();
  return {
    label: words.param(name, schema),
    description: words.hint(name, schema),
    error: problemAt(problems, path, controlOf(schema) === "json"),
  };
}

export function ChoiceField(props: FieldProps) {
  const { schema, value, onChange } = props;
  const words = useWords();
  return (
    <NativeSelect
      {...useCommon(props)}
      value={textOf(value) || textOf(schema.default)}
      data={(schema.enum ?? []).map((one) => ({ value: String(one), label: words.choice(String(one)) }))}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

export function LineField(props: FieldProps) {
  const { name, schema, value, required, onChange } = props;
  const common = useCommon(props);
  if (name === "connectionId") return <ConnectionField {...props} />;
  return (
    <TextInput
      {...common}
      required={required}
      {...(schema.format !== undefined && { classNames: { input: workshop.code ?? "" } })}
      placeholder={textOf(schema.default)}
      value={textOf(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value || (required ? "" : undefined))}
    />
  );
}

export function TextField(props: FieldProps) {
  const { schema, value, required, onChange } = props;
  return (
    <Textarea
      {...useCommon(props)}
      required={required}
      classNames={{ input: workshop.code ?? "" }}
      autosize
      minRows={2}
      maxRows={16}
      placeholder={textOf(schema.default)}
      value={textOf(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value || (required ? "" : undefined))}
    />
  );
}

// The arrows of a small range go by hundredths, as those of a temperature.
const SMALL_RANGE = 5;

export function NumberField(props: FieldProps) {
  const { schema, value, onChange } = props;
  const { minimum, maximum } = schema;
  return (
    <NumberInput
      {...useCommon(props)}
      placeholder={typeof schema.default === "number" ? String(schema.default) : ""}
      allowDecimal={![schema.type].flat().includes("integer")}
      {...(minimum !== undefined && { min: minimum })}
      {...(maximum !== undefined && { max: maximum, step: maximum <= SMALL_RANGE ? 0.05 : 1 })}
      value={typeof value === "number" ? value : ""}
      onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
    />
  );
}

export function SwitchField(props: FieldProps) {
  const { schema, value, onChange } = props;
  return (
    <Switch
      {...useCommon(props)}
      checked={value === undefined ? schema.default === true : value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

export function ObjectField(props: FieldProps) {
  const { label, error } = useCommon(props);
  return <JsonField label={label} error={error} value={props.value} onChange={props.onChange} />;
}

/** The connection that is asked; none is the one that answers. */
function ConnectionField(props: FieldProps) {
  const { value, onChange } = props;
  const { t } = useTranslation("workshop");
  const { data = [] } = useConnections();
  return (
    <NativeSelect
      {...useCommon(props)}
      value={textOf(value)}
      data={[
        { value: "", label: t("step.sameModel") },
        ...data.map(({ id, title }) => ({ value: id, label: title })),
      ]}
      onChange={({ currentTarget }) => onChange(currentTarget.value || undefined)}
    />
  );
}
