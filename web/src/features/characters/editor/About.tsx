import { TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Editor.module.css";
import { type PartProps, readText, readTexts } from "./spec";
import { TextBox } from "./TextBox";
import { Translations } from "./Translations";

/** What people see of the card and no model does; and what it brings along. */
export function About({ spec, set }: PartProps) {
  const { t } = useTranslation("characters");
  const assets = readAssets(spec.assets);
  const sources = readTexts(spec, "source");
  return (
    <div className={classes.fields}>
      <TagsInput
        label={t("tags")}
        value={[...new Set(readTexts(spec, "tags"))]}
        onChange={(tags) => set({ tags })}
      />
      <TextBox
        label={t("field.creator_notes")}
        rows={6}
        value={readText(spec, "creator_notes")}
        onChange={(value) => set({ creator_notes: value })}
      />
      <Translations spec={spec} set={set} />
      <div className={classes.pair}>
        <TextInput
          label={t("field.creator")}
          value={readText(spec, "creator")}
          onChange={(event) => set({ creator: event.currentTarget.value })}
        />
        <TextInput
          label={t("field.character_version")}
          value={readText(spec, "character_version")}
          onChange={(event) => set({ character_version: event.currentTarget.value })}
        />
      </div>
      {assets.length > 0 && (
        <section className={classes.note}>
          <h2>{t("assets")}</h2>
          <ul>
            {assets.map((asset, index) => (
              <li key={index}>{asset}</li>
            ))}
          </ul>
        </section>
      )}
      {sources.length > 0 && (
        <section className={classes.note}>
          <h2>{t("sources")}</h2>
          <ul>
            {sources.map((source) => (
              <li key={source}>{source}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function readAssets(assets: unknown): readonly string[] {
  if (!Array.isArray(assets)) return [];
  return (assets as Partial<Record<"type" | "name" | "ext", unknown>>[]).map(({ type, name, ext }) =>
    [type, name, ext].filter((part) => typeof part === "string" && part !== "").join(" · "),
  );
}
