import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "@/api/client";
import { Icon } from "@/ui/Icon";
import classes from "./ChatSettings.module.css";
import { useOpenChat } from "../context";

/** The chat as a page to read or print, and as files. */
export function ExportLinks({ chat }: { readonly chat: Chat }) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const file = (format: string) => `/v1/chats/${chat.id}/export?format=${format}&branchId=${at.branchId}`;
  return (
    <div className={classes.export}>
      <span>{t("export")}</span>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Icon name="page" size={16} />}
        renderRoot={(props) => (
          <Link
            {...props}
            to="/chats/$chatId/read"
            params={{ chatId: chat.id }}
            search={{ branch: at.branchId }}
          />
        )}
      >
        {t("export.read")}
      </Button>
      <Button size="compact-sm" variant="default" component="a" href={file("markdown")} download>
        Markdown
      </Button>
      <Button size="compact-sm" variant="default" component="a" href={file("json")} download>
        JSON
      </Button>
    </div>
  );
}
