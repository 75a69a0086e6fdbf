import { ActionIcon, Button, NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { useConnections } from "../targets";
import workshop from "../Workshop.module.css";
import { JsonField } from "./JsonField";
import classes from "./Pipelines.module.css";
import { type Problem, problemAt } from "./problems";
import { blankOf, controlOf, type Schema, withValue } from "./schema";
import { useWords } from "./useWords";

type Values = Readonly<Record<string, unknown>>;

interface GroupProps {
  readonly schema: Schema;
  readonly value: Values;
  /** Where the values stand in the step, as its problems name it. */
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly onChange: (value: Values) => void;
}

/** A field for each property that the schema describes. */
export function ParamsForm({ schema, value, path, problems, onChange }: GroupProps) {
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

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly required: boolean;
  /** Undefined takes the value away. */
  readonly onChange: (value: unknown) => void;
}

function Field(props: FieldProps) {
  const { name, schema, value, path, problems, required, onChange } = props;
  const words = useWords();
  const control = controlOf(schema);
  const common = {
    label: words.param(name, schema),
    description: words.hint(name, schema),
    error: problemAt(problems, path, control === "json"),
  };
  const text = typeof value === "string" ? value : "";
  const usual = typeof schema.default === "string" ? schema.default : undefined;
  const put = (next: string) => onChange(next === "" && !required ? undefined : next);
  switch (control) {
    case "choice":
      return (
        <NativeSelect
          {...common}
          value={text || (usual ?? "")}
          data={(schema.enum ?? []).map((one) => ({ value: String(one), label: words.choice(String(one)) }))}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "line":
      return name === "connectionId" ? (
        <ConnectionField {...common} value={text} onChange={put} />
      ) : (
        <TextInput
          {...common}
          required={required}
          {...(schema.format !== undefined && { classNames: { input: workshop.code ?? "" } })}
          placeholder={usual}
          value={text}
          onChange={(event) => put(event.currentTarget.value)}
        />
      );
    case "text":
      return (
        <Textarea
          {...common}
          required={required}
          classNames={{ input: workshop.code ?? "" }}
          autosize
          minRows={2}
          maxRows={16}
          placeholder={usual}
          value={text}
          onChange={(event) => put(event.currentTarget.value)}
        />
      );
    case "number":
      return <NumberField {...props} {...common} />;
    case "switch":
      return (
        <Switch
          label={common.label}
          checked={value === undefined ? schema.default === true : value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "list":
      return <ListField {...props} label={common.label} />;
    case "group":
      return (
        <fieldset className={classes.group}>
          <legend>{common.label}</legend>
          <ParamsForm
            schema={schema}
            value={(value ?? {}) as Values}
            path={path}
            problems={problems}
            onChange={onChange}
          />
        </fieldset>
      );
    case "json":
      return <JsonField {...common} value={value} onChange={onChange} />;
  }
}

interface Labelled {
  readonly label: string;
  readonly description: string | undefined;
  readonly error: string | null;
}

function NumberField({ schema, value, onChange, label, description, error }: FieldProps & Labelled) {
  const { minimum, maximum } = schema;
  const usual = typeof schema.default === "number" ? String(schema.default) : undefined;
  return (
    <NumberInput
      label={label}
      description={description}
      error={error}
      placeholder={usual}
      allowDecimal={schema.type !== "integer"}
      {...(minimum !== undefined && { min: minimum })}
      {...(maximum !== undefined && { max: maximum, step: maximum <= 5 ? 0.05 : 1 })}
      value={typeof value === "number" ? value : ""}
      onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
    />
  );
}

function ConnectionField({
  value,
  onChange,
  ...common
}: Labelled & { readonly value: string; readonly onChange: (value: string) => void }) {
  const { t } = useTranslation("workshop");
  const { data = [] } = useConnections();
  return (
    <NativeSelect
      {...common}
      value={value}
      data={[
        { value: "", label: t("step.sameModel") },
        ...data.map(({ id, title }) => ({ value: id, label: title })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function ListField({ schema, value, path, problems, onChange, label }: FieldProps & { readonly label: string }) {
  const { t } = useTranslation("workshop");
  const described = schema.items ?? {};
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const error = problemAt(problems, path);
  const put = (index: number, next: unknown) => onChange(items.map((item, at) => (at === index ? next : item)));
  return (
    <fieldset className={classes.group}>
      <legend>{label}</legend>
      {error !== null && <p className={workshop.problem}>{error}</p>}
      {items.map((item, index) => (
        <div key={index} className={classes.item}>
          <ItemField
            schema={described}
            value={item}
            path={`${path}[${index}]`}
            problems={problems}
            label={`${label} ${index + 1}`}
            onChange={(next) => put(index, next)}
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

interface ItemProps {
  readonly schema: Schema;
  readonly value: unknown;
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly label: string;
  readonly onChange: (value: unknown) => void;
}

/** An item of several fields lies open; any other is one field. */
function ItemField({ schema, value, path, problems, label, onChange }: ItemProps) {
  if (controlOf(schema) === "group")
    return (
      <div role="group" aria-label={label} className={classes.itemFields}>
        <ParamsForm
          schema={schema}
          value={(value ?? {}) as Values}
          path={path}
          problems={problems}
          onChange={onChange}
        />
      </div>
    );
  return (
    <Field
      name={label}
      schema={schema}
      value={value}
      path={path}
      problems={problems}
      required
      onChange={onChange}
    />
  );
}
