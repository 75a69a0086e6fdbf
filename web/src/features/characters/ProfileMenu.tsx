import { ActionIcon, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { Icon } from "@/ui/Icon";
import { pickFile } from "@/ui/pickFile";
import { toasts } from "@/ui/toasts";
import { deleteProfile, duplicateProfile, replaceAvatar, restoreProfile } from "./api";

const EXPORTS = [
  { label: "export.original", query: "" },
  { label: "export.png", query: "?format=png&spec=v3" },
  { label: "export.json", query: "?format=json&spec=v3" },
  { label: "export.v2", query: "?format=json&spec=v2" },
  { label: "export.charx", query: "?format=charx&spec=v3" },
] as const;

export function ProfileMenu({ profile }: { readonly profile: Profile }) {
  const { t } = useTranslation("characters");
  const { remove, copy, repaint, fail } = useActions(profile);
  return (
    <Menu returnFocus withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon size={42} variant="default" aria-label={t("more")}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => void copy().catch(fail)}>
          {t("duplicate")}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="upload" size={16} />} onClick={() => void repaint().catch(fail)}>
          {t("picture")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("export")}</Menu.Label>
        {EXPORTS.map(({ label, query }) => (
          <Menu.Item
            key={label}
            component="a"
            download
            href={`/v1/entity-profiles/${profile.id}/export${query}`}
            leftSection={<Icon name="download" size={16} />}
          >
            {t(label)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          color="red"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() => void remove().catch(fail)}
        >
          {t("delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function useActions(profile: Profile) {
  const { t } = useTranslation("characters");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => queries.invalidateQueries({ queryKey: ["profiles"] });
  const fail = (error: Error) => toasts.show(error.message, { tone: "bad" });
  return {
    fail,
    remove: async () => {
      await deleteProfile(profile.id);
      await navigate({ to: "/characters" });
      await queries.invalidateQueries({ queryKey: ["profiles", "list"] });
      const undo = () => void restoreProfile(profile.id).then(refresh).catch(fail);
      toasts.show(t("deleted", { name: profile.name }), {
        action: { label: t("common.undo", { ns: "app" }), run: undo },
      });
    },
    copy: async () => {
      const made = await duplicateProfile(profile.id);
      await refresh();
      await navigate({ to: "/characters/$profileId", params: { profileId: made.id } });
    },
    repaint: async () => {
      const file = await pickFile("image/png,image/jpeg,image/webp");
      if (file === null) return;
      await replaceAvatar(profile.id, file);
      await refresh();
    },
  };
}
