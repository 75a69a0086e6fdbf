import { ActionIcon, Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { Icon, type IconName } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { deleteMessage, forkBranch, forkChat, hideMessage, restoreMessage } from "./changes";
import { useOpenChat } from "./context";
import { tellError, tellFailure, turns } from "./session";

// The chat is in the main landmark, and so is what opens over it.
const IN_MAIN = { target: "#content" };

interface Props {
  readonly message: Message;
  readonly isLast: boolean;
  readonly busy: boolean;
  readonly label: string;
}

interface Item {
  readonly icon: IconName;
  readonly label: string;
  readonly run: () => unknown;
  readonly off?: boolean;
}

/** What can be done with a message beside the common things. Mounted by its first press, so it opens at once. */
export default function MessageMenu({ message, isLast, busy, label }: Props) {
  const items = useItems(message, isLast, busy);
  return (
    <Menu
      defaultOpened
      withInitialFocusPlaceholder={false}
      position="bottom-start"
      shadow="md"
      portalProps={IN_MAIN}
    >
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <Icon name="more" size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(({ icon, label, run, off = false }) => (
          <Menu.Item
            key={label}
            disabled={off}
            leftSection={<Icon name={icon} size={16} />}
            onClick={() => void run()}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function useItems(message: Message, isLast: boolean, busy: boolean): readonly Item[] {
  const { t } = useTranslation("chat");
  const { at, open } = useOpenChat();
  const navigate = useNavigate();
  const go = (chatId: string, search: { branch?: string; message?: string }) =>
    navigate({ to: "/chats/$chatId", params: { chatId }, search });
  const isAnswer = message.role === "assistant";

  const remove = async () => {
    await deleteMessage(at, message);
    const undo = () => void restoreMessage(at, message).catch(tellError);
    toasts.show(t("message.deleted"), { action: { label: t("common.undo", { ns: "app" }), run: undo } });
  };
  const copyLink = async () => {
    const place = `/chats/${at.chatId}?branch=${at.branchId}&message=${message.id}`;
    await navigator.clipboard.writeText(new URL(place, location.origin).href);
    toasts.show(t("copied"));
  };
  const branch = async () => {
    const made = await forkBranch(at, message);
    await go(at.chatId, { branch: made });
    toasts.show(t("branch.made"));
  };
  const copyChat = async () => {
    const made = await forkChat(at, message);
    await go(made, {});
    toasts.show(t("fork.made"));
  };
  const told = (work: () => Promise<unknown>) => () => work().catch(tellError);
  const goOn: Item = {
    icon: "forward",
    label: t("continue"),
    off: busy,
    run: () => tellFailure(turns.goOn(at, message)),
  };
  const why: Item = { icon: "why", label: t("why"), run: () => open({ kind: "why", message }) };
  return [
    ...(isAnswer && isLast && message.seq > 0 ? [goOn] : []),
    ...(message.generationId === null ? [] : [why]),
    { icon: "branch", label: t("fork.branch"), run: told(branch) },
    { icon: "talk", label: t("fork.chat"), run: told(copyChat) },
    { icon: "list", label: t("variants"), run: () => open({ kind: "variants", message }) },
    {
      icon: message.hidden ? "eye" : "hide",
      label: message.hidden ? t("show") : t("hide"),
      run: told(() => hideMessage(at, message, !message.hidden)),
    },
    { icon: "link", label: t("copyLink"), run: told(copyLink) },
    { icon: "trash", label: t("message.delete"), run: told(remove) },
  ];
}
