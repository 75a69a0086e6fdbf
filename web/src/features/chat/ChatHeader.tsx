import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "@/api/client";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { branchesQuery } from "./api";
import { nameBranch } from "./branches/name";
import classes from "./Chat.module.css";
import { useOpenChat } from "./context";

export function ChatHeader({ chat }: { readonly chat: Chat }) {
  const { t } = useTranslation("chat");
  const { speaker, open } = useOpenChat();
  const face = (
    <>
      <Avatar name={speaker.name} src={speaker.avatar} size={36} />
      <span className={classes.names}>
        <h1>{speaker.name || t("untitled")}</h1>
        {chat.title !== "" && chat.title !== speaker.name && <small>{chat.title}</small>}
      </span>
    </>
  );
  return (
    <header className={classes.header}>
      <Link to="/chats" className={classes.back} aria-label={t("back")}>
        <Icon name="back" />
      </Link>
      {chat.entityProfileId === null ? (
        <div className={classes.face}>{face}</div>
      ) : (
        <Link
          to="/characters/$profileId"
          params={{ profileId: chat.entityProfileId }}
          className={classes.face}
        >
          {face}
        </Link>
      )}
      <span className={classes.gap} />
      <BranchButton />
      <ActionIcon
        size={44}
        radius="xl"
        variant="subtle"
        color="gray"
        aria-label={t("settings")}
        title={t("settings")}
        onClick={() => open({ kind: "settings" })}
      >
        <Icon name="panel" />
      </ActionIcon>
    </header>
  );
}

/** Which branch is shown; opens the map, where one travels. */
function BranchButton() {
  const { t } = useTranslation("chat");
  const { at, open } = useOpenChat();
  const { data: branches = [] } = useQuery(branchesQuery(at.chatId));
  const here = branches.find((branch) => branch.id === at.branchId);
  if (branches.length < 2 || here === undefined) return null;
  return (
    <button type="button" className={classes.branch} title={t("map")} onClick={() => open({ kind: "map" })}>
      <Icon name="branch" size={18} />
      <span className="unseen">{t("map")}: </span>
      <b>{nameBranch(here, branches, t)}</b>
      <small>{branches.length}</small>
    </button>
  );
}
