import { NativeSelect, NumberInput, PasswordInput, Switch, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Connection } from "@/api/client";
import type { FormProps } from "../Workbench";
import classes from "../Workshop.module.css";
import type { ConnectionDraft } from "./draft";
import { ConnectionCheck } from "./ConnectionCheck";

const PROVIDERS = ["openai_compatible", "anthropic", "embedded"] as const;

export function ConnectionForm({ draft, set, item }: FormProps<Connection, ConnectionDraft>) {
  const { t } = useTranslation("workshop");
  const fixed = item?.isBuiltIn === true;
  return (
    <>
      <fieldset className={classes.fields} disabled={fixed}>
        <TextInput
          required
          label={t("name")}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("provider")}
          value={draft.provider}
          data={PROVIDERS.map((provider) => ({ value: provider, label: t(`provider.${provider}`) }))}
          onChange={(event) => set({ provider: event.currentTarget.value as Connection["provider"] })}
        />
        {draft.provider !== "embedded" && <Address draft={draft} set={set} item={item} />}
        <TextInput
          label={t("model.default")}
          value={draft.defaultModel}
          onChange={(event) => set({ defaultModel: event.currentTarget.value })}
        />
        <div className={classes.grid}>
          <NumberInput
            label={t("tokens.context")}
            min={512}
            value={draft.contextTokens}
            onChange={(value) => typeof value === "number" && set({ contextTokens: value })}
          />
          <NumberInput
            label={t("tokens.answer")}
            min={1}
            value={draft.answerTokens}
            onChange={(value) => typeof value === "number" && set({ answerTokens: value })}
          />
        </div>
        <Switch
          label={t("enabled")}
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <Switch
          label={t("connection.default")}
          checked={draft.isDefault}
          onChange={(event) => set({ isDefault: event.currentTarget.checked })}
        />
      </fieldset>
      {draft.provider === "embedded" && (
        <p className={classes.links}>
          <Link to="/workshop/models">{t("models.way")}</Link>
        </p>
      )}
      {item !== null && (
        <ConnectionCheck
          connection={item}
          onChoose={fixed ? null : (model) => set({ defaultModel: model })}
        />
      )}
    </>
  );
}

function Address({ draft, set, item }: Omit<FormProps<Connection, ConnectionDraft>, "foot" | "error">) {
  const { t } = useTranslation("workshop");
  const stored = item?.hasKey === true ? t("key.stored", { hint: item.keyHint ?? "" }) : t("key.none");
  return (
    <>
      <TextInput
        type="url"
        label={t("address")}
        placeholder="http://localhost:8080/v1"
        value={draft.baseUrl}
        onChange={(event) => set({ baseUrl: event.currentTarget.value })}
      />
      <PasswordInput
        label={t("key")}
        description={stored}
        autoComplete="off"
        visibilityToggleButtonProps={{ "aria-label": t("key.look") }}
        value={draft.apiKey ?? ""}
        onChange={(event) => set({ apiKey: event.currentTarget.value })}
      />
    </>
  );
}
