import { Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Chat, type ChatSettings as Settings, settingsOf } from "@/api/client";
import { Failed, Loading } from "@/ui/States";
import { chatQuery } from "../api";
import { tellError } from "../session";
import { AuthorNote } from "./AuthorNote";
import { choicesQuery, patchChat } from "./api";
import { Binding } from "./Binding";
import classes from "./ChatSettings.module.css";
import { ExportLinks } from "./ExportLinks";
import { ModelField } from "./ModelField";
import { SavedText } from "./SavedText";
import { TemplateNote } from "./TemplateNote";

interface Props {
  readonly chat: Chat;
  readonly onClose: () => void;
}

/** What this chat decides for itself. Each field is saved when it is left; there is nothing to press. */
export default function ChatSettings({ chat, onClose }: Props) {
  const { t } = useTranslation("chat");
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="26rem"
      title={t("settings")}
      closeButtonProps={{ "aria-label": t("common.close", { ns: "app" }) }}
    >
      <Fields chat={chat} />
    </Drawer>
  );
}

function Fields({ chat }: { readonly chat: Chat }) {
  const { t } = useTranslation("chat");
  const choices = useQuery(choicesQuery);
  const { save, bind } = useSave(chat);
  const settings = settingsOf(chat);
  if (choices.isPending) return <Loading />;
  if (choices.isError) return <Failed error={choices.error} onRetry={() => void choices.refetch()} />;
  const { personas, presets, connections, templates, pipelines } = choices.data;
  return (
    <div className={classes.fields}>
      <SavedText label={t("settings.title")} value={chat.title} onSave={(title) => save({ title })} />
      <Binding
        label={t("settings.persona")}
        options={personas}
        value={settings.personaId}
        onChange={(personaId) => bind({ personaId })}
      />
      <AuthorNote note={settings.authorNote ?? null} onSave={(authorNote) => bind({ authorNote })} />
      <Binding
        label={t("settings.connection")}
        options={connections}
        value={settings.connectionId}
        onChange={(connectionId) => bind({ connectionId, model: null })}
      />
      <ModelField
        connectionId={settings.connectionId ?? connections.find((one) => one.isDefault)?.id ?? null}
        value={settings.model ?? ""}
        onSave={(model) => bind({ model: model === "" ? null : model })}
      />
      <Binding
        label={t("settings.preset")}
        options={presets}
        value={settings.presetId}
        onChange={(presetId) => bind({ presetId })}
      />
      <Binding
        label={t("settings.pipeline")}
        options={pipelines.filter(({ id, enabled }) => enabled || id === settings.pipelineId)}
        value={settings.pipelineId}
        onChange={(pipelineId) => bind({ pipelineId })}
      />
      <TemplateNote chat={chat} templates={templates} />
      <ExportLinks chat={chat} />
    </div>
  );
}

function useSave(chat: Chat) {
  const queries = useQueryClient();
  const { queryKey } = chatQuery(chat.id);
  const { mutate } = useMutation({
    // One after the other, each on what the one before left: leaving a field for another may save both.
    scope: { id: `settings ${chat.id}` },
    mutationFn: ({ title, settings }: Change) => {
      const now = queries.getQueryData(queryKey) ?? chat;
      return patchChat(chat.id, {
        version: now.version,
        ...(title !== undefined && { title }),
        ...(settings && { settings: { ...settingsOf(now), ...settings } }),
      });
    },
    onSuccess: (changed) => {
      queries.setQueryData(queryKey, changed);
      return queries.invalidateQueries({ queryKey: ["chats", "list"] });
    },
    onError: (error) => {
      tellError(error);
      void queries.invalidateQueries({ queryKey });
    },
  });
  return { save: mutate, bind: (settings: Settings) => mutate({ settings }) };
}

interface Change {
  readonly title?: string;
  /** Only the bindings that change. */
  readonly settings?: Settings;
}
