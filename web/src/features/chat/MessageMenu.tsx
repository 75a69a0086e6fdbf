import { ActionIcon, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { Icon, type IconName } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { deleteMessage, hideMessage, restoreMessage } from "./changes";
import { useOpenChat } from "./context";
import { tellError, tellFailure, turns } from "./session";
import { useFork } from "./useFork";

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
      returnFocus
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
  const fork = useFork(message);
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
    { icon: "branch", label: t("fork.branch"), run: fork.toBranch },
    { icon: "talk", label: t("fork.chat"), run: fork.toChat },
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
