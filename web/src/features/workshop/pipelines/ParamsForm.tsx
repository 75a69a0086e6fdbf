import { ActionIcon, Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import workshop from "../Workshop.module.css";
import {
  ChoiceField,
  type FieldProps,
  LineField,
  NumberField,
  ObjectField,
  SwitchField,
  TextField,
} from "./controls";
import classes from "./Pipelines.module.css";
import { type Problem, problemAt } from "./problems";
import { blankOf, type Control, controlOf, type Schema, withValue } from "./schema";
import { useWords } from "./useWords";

type Values = Readonly<Record<string, unknown>>;

interface Props {
  readonly schema: Schema;
  readonly value: Values;
  /** Where the values stand in the step, as its problems name it. */
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly onChange: (value: Values) => void;
}

/** A field for each property that the schema describes. */
export function ParamsForm({ schema, value, path, problems, onChange }: Props) {
  return Object.entries(schema.properties ?? {}).map(([name, described]) => (
    <Field
      key={name}
      name={name}
      schema={described}
      value={value[name]}
      path={`${path}.${name}`}
      problems={problems}
      required={schema.required?.includes(name) === true}
      onChange={(next) => onChange(withValue(value, name, next))}
    />
  ));
}

const CONTROLS: Readonly<Record<Control, (props: FieldProps) => ReactNode>> = {
  choice: ChoiceField,
  line: LineField,
  text: TextField,
  number: NumberField,
  switch: SwitchField,
  list: ListField,
  group: GroupField,
  json: ObjectField,
};

function Field(props: FieldProps) {
  const Control = CONTROLS[controlOf(props.schema)];
  return <Control {...props} />;
}

function GroupField({ name, schema, value, path, problems, onChange }: FieldProps) {
  const words = useWords();
  return (
    <fieldset className={classes.group}>
      <legend>{words.param(name, schema)}</legend>
      <ParamsForm
        schema={schema}
        value={(value ?? {}) as Values}
        path={path}
        problems={problems}
        onChange={onChange}
      />
    </fieldset>
  );
}

function ListField({ name, schema, value, path, problems, onChange }: FieldProps) {
  const { t } = useTranslation("workshop");
  const label = useWords().param(name, schema);
  const described = schema.items ?? {};
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const error = problemAt(problems, path);
  return (
    <fieldset className={classes.group}>
      <legend>{label}</legend>
      {error !== null && <p className={workshop.problem}>{error}</p>}
      {items.map((item, index) => (
        <div key={index} className={classes.item}>
          <Item
            name={`${label} ${index + 1}`}
            schema={described}
            value={item}
            path={`${path}[${index}]`}
            problems={problems}
            required
            onChange={(next) => onChange(items.map((one, at) => (at === index ? next : one)))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("step.item.remove", { name: `${label} ${index + 1}` })}
            onClick={() => onChange(items.filter((_, at) => at !== index))}
          >
            <Icon name="trash" size={16} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="plus" size={14} />}
          disabled={items.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY)}
          onClick={() => onChange([...items, blankOf(described)])}
        >
          {t("step.item.add", { name: label })}
        </Button>
      </div>
    </fieldset>
  );
}

/** An item of several fields lies open; any other is one field. */
function Item(props: FieldProps) {
  const { name, schema, value, path, problems, onChange } = props;
  if (controlOf(schema) !== "group") return <Field {...props} />;
  return (
    <div role="group" aria-label={name} className={classes.itemFields}>
      <ParamsForm
        schema={schema}
        value={(value ?? {}) as Values}
        path={path}
        problems={problems}
        onChange={onChange}
      />
    </div>
  );
}
