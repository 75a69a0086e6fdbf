import { NativeSelect, NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Editor.module.css";
import { INSTRUCTIONS, type PartProps, readDepthPrompt, readText, setDepthPrompt } from "./spec";
import { TextBox } from "./TextBox";

export function Instructions({ spec, set }: PartProps) {
  const { t } = useTranslation("characters");
  const { prompt, depth, role } = readDepthPrompt(spec);
  return (
    <div className={classes.fields}>
      {INSTRUCTIONS.map((field) => (
        <TextBox
          key={field}
          label={t(`field.${field}`)}
          about={t(`about.${field}`)}
          value={readText(spec, field)}
          onChange={(value) => set({ [field]: value })}
        />
      ))}
      <TextBox
        label={t("field.depth_prompt")}
        about={t("about.depth_prompt")}
        value={prompt}
        onChange={(value) => set(setDepthPrompt(spec, { prompt: value }))}
      />
      <div className={classes.pair}>
        <NumberInput
          label={t("depth")}
          min={0}
          value={depth}
          onChange={(value) => typeof value === "number" && set(setDepthPrompt(spec, { depth: value }))}
        />
        <NativeSelect
          label={t("role")}
          value={role}
          data={["system", "user", "assistant"]}
          onChange={(event) => set(setDepthPrompt(spec, { role: event.currentTarget.value }))}
        />
      </div>
    </div>
  );
}
