import { NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { http, type Preset, take } from "@/api/client";
import { ALL, type Resource } from "../resource";
import { type FormProps, Workbench } from "../Workbench";
import classes from "../Workshop.module.css";
import { listOthers, type Params, parseObject, replaceOthers, SAMPLERS, setParam } from "./samplers";

interface Draft {
  readonly name: string;
  readonly params: Params;
  readonly isDefault: boolean;
}

const path = (preset: Preset) => ({ path: { presetId: preset.id } });

const presets: Resource<Preset, Draft> = {
  name: "presets",
  list: async () => (await take(http.GET("/v1/generation-presets", ALL))).items,
  blank: { name: "", params: {}, isDefault: false },
  toDraft: ({ name, params, isDefault }) => ({ name, params, isDefault }),
  create: (body) => take(http.POST("/v1/generation-presets", { body })),
  change: (preset, draft) =>
    take(
      http.PATCH("/v1/generation-presets/{presetId}", {
        params: path(preset),
        body: { ...draft, version: preset.version },
      }),
    ),
  remove: (preset) => take(http.DELETE("/v1/generation-presets/{presetId}", { params: path(preset) })),
};

export default function PresetsPage() {
  const { t } = useTranslation("workshop");
  return (
    <Workbench
      resource={presets}
      describe={(preset) => (preset.isDefault ? t("usual") : Object.keys(preset.params).join(", "))}
      form={(props) => <PresetForm {...props} />}
    />
  );
}

function PresetForm({ draft, set }: FormProps<Preset, Draft>) {
  const { t } = useTranslation("workshop");
  const { params } = draft;
  const put = (name: string, value: unknown) => set({ params: setParam(params, name, value) });
  return (
    <>
      <TextInput
        required
        label={t("name")}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <div className={classes.grid}>
        {SAMPLERS.map(({ name, min, max, step }) => (
          <NumberInput
            key={name}
            label={<code>{name}</code>}
            min={min}
            max={max}
            step={step}
            placeholder={t("preset.usual")}
            value={typeof params[name] === "number" ? params[name] : ""}
            onChange={(value) => put(name, typeof value === "number" ? value : undefined)}
          />
        ))}
      </div>
      <Textarea
        label={<code>stop</code>}
        description={t("preset.stop")}
        autosize
        minRows={2}
        value={readStops(params.stop).join("\n")}
        onChange={({ currentTarget }) =>
          put("stop", currentTarget.value === "" ? undefined : currentTarget.value.split("\n"))
        }
      />
      <OtherParams params={params} onChange={(next) => set({ params: next })} />
      <Switch
        label={t("preset.default")}
        checked={draft.isDefault}
        onChange={(event) => set({ isDefault: event.currentTarget.checked })}
      />
    </>
  );
}

function OtherParams({
  params,
  onChange,
}: {
  readonly params: Params;
  readonly onChange: (params: Params) => void;
}) {
  const { t } = useTranslation("workshop");
  const [text, setText] = useState(() => {
    const others = listOthers(params);
    return Object.keys(others).length === 0 ? "" : JSON.stringify(others, null, 2);
  });
  return (
    <Textarea
      label={t("preset.others")}
      description={t("preset.others.about")}
      classNames={{ input: classes.code ?? "" }}
      autosize
      minRows={3}
      error={parseObject(text) === null && t("preset.others.bad")}
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const others = parseObject(next);
        if (others !== null) onChange(replaceOthers(params, others));
      }}
    />
  );
}

function readStops(stop: unknown): readonly string[] {
  if (typeof stop === "string") return [stop];
  return Array.isArray(stop) ? stop.filter((text): text is string => typeof text === "string") : [];
}
