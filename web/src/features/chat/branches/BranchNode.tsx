import { ActionIcon, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Branch, http, take } from "@/api/client";
import { queryClient } from "@/app/server";
import { Icon } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { branchesQuery, fetchMessages } from "../api";
import { activateBranch } from "../changes";
import { useOpenChat } from "../context";
import { tellError } from "../session";
import classes from "./BranchMap.module.css";
import { nameBranch } from "./name";

interface Props {
  readonly branch: Branch;
  readonly all: readonly Branch[];
  readonly onTravel: () => void;
}

export function BranchNode({ branch, all, onTravel }: Props) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const navigate = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const ref = { chatId: branch.chatId, branchId: branch.id };
  const { data: end } = useQuery({
    queryKey: ["messages", branch.chatId, branch.id, "end"],
    queryFn: () => fetchMessages(ref, {}, 1),
    gcTime: 0,
  });
  const last = end?.items[0];
  const here = branch.id === at.branchId;
  const travel = async () => {
    await activateBranch(ref);
    await navigate({
      to: "/chats/$chatId",
      params: { chatId: branch.chatId },
      search: { branch: branch.id },
    });
    onTravel();
  };
  return (
    <div className={classes.node} data-here={here || undefined}>
      {renaming ? (
        <RenameField branch={branch} onClose={() => setRenaming(false)} />
      ) : (
        <button
          type="button"
          aria-current={here ? "true" : undefined}
          onClick={() => void travel().catch(tellError)}
        >
          <strong>{nameBranch(branch, all, t)}</strong>
          <span>{last?.promptText ?? "…"}</span>
          <small>{last === undefined ? " " : t("branch.length", { count: last.seq + 1 })}</small>
        </button>
      )}
      <NodeMenu branch={branch} all={all} onRename={() => setRenaming(true)} />
    </div>
  );
}

function RenameField({ branch, onClose }: { readonly branch: Branch; readonly onClose: () => void }) {
  const { t } = useTranslation("chat");
  const save = async (title: string) => {
    const path = { chatId: branch.chatId, branchId: branch.id };
    await take(http.PATCH("/v1/chats/{chatId}/branches/{branchId}", { params: { path }, body: { title } }));
    await refresh(branch);
  };
  return (
    <input
      autoFocus
      className={classes.rename}
      aria-label={t("branch.rename")}
      defaultValue={branch.title}
      onBlur={(event) => {
        const title = event.currentTarget.value.trim();
        onClose();
        if (title !== branch.title) save(title).catch(tellError);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.stopPropagation();
        if (event.key === "Escape") event.currentTarget.value = branch.title;
        event.currentTarget.blur();
      }}
    />
  );
}

interface MenuProps {
  readonly branch: Branch;
  readonly all: readonly Branch[];
  readonly onRename: () => void;
}

function NodeMenu({ branch, all, onRename }: MenuProps) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const name = nameBranch(branch, all, t);
  const hasChildren = all.some((other) => other.parentBranchId === branch.id);
  const params = { path: { chatId: branch.chatId, branchId: branch.id } };
  const undo = async () => {
    await take(http.POST("/v1/chats/{chatId}/branches/{branchId}/restore", { params }));
    await refresh(branch);
  };
  const remove = async () => {
    await take(http.DELETE("/v1/chats/{chatId}/branches/{branchId}", { params }));
    await refresh(branch);
    const action = { label: t("common.undo", { ns: "app" }), run: () => void undo().catch(tellError) };
    toasts.show(t("branch.deleted", { name }), { action });
  };
  return (
    <Menu returnFocus withInitialFocusPlaceholder={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${t("more")}: ${name}`}>
          <Icon name="more" size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="edit" size={16} />} onClick={onRename}>
          {t("branch.rename")}
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="trash" size={16} />}
          disabled={hasChildren || branch.isActive || branch.id === at.branchId}
          onClick={() => void remove().catch(tellError)}
        >
          {t("branch.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function refresh(branch: Branch): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: branchesQuery(branch.chatId).queryKey });
}
