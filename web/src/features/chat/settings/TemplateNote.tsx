import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat, Template } from "@/api/client";
import classes from "./ChatSettings.module.css";

interface Props {
  readonly chat: Chat;
  readonly templates: readonly Template[];
}

/** Which template writes this chat's system prompt: its own, its character's, the workspace's, or the built-in. */
export function TemplateNote({ chat, templates }: Props) {
  const { t } = useTranslation("chat");
  const used = findTemplate(chat, templates);
  return (
    <div className={classes.template}>
      <span>{t("settings.template")}</span>
      {used === undefined ? (
        <b>{t("settings.template.builtIn")}</b>
      ) : (
        <Link to="/workshop/templates" search={{ id: used.id }}>
          {used.name}
        </Link>
      )}
      <Link to="/workshop/templates" search={{ id: "new", chat: chat.id }}>
        {t("settings.template.own")}
      </Link>
    </div>
  );
}

/** The server's rule: chat before character before workspace. */
function findTemplate(chat: Chat, templates: readonly Template[]): Template | undefined {
  const enabled = templates.filter((template) => template.enabled);
  return (
    enabled.find((one) => one.scope === "chat" && one.scopeId === chat.id) ??
    enabled.find((one) => one.scope === "entity_profile" && one.scopeId === chat.entityProfileId) ??
    enabled.find((one) => one.scope === "global")
  );
}
