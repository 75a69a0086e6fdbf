import { ActionIcon, Button, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { avatarOf, profileQuery, readSpecText } from "@/api/profiles";
import { Markdown } from "@/markdown/Markdown";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { toasts } from "@/ui/toasts";
import { useTitle } from "@/ui/useTitle";
import { deleteProfile, restoreProfile } from "./api";
import classes from "./Profile.module.css";
import { ProfileChats } from "./ProfileChats";
import { useStartChat } from "./useStartChat";

export default function ProfilePage() {
  const { profileId } = useParams({ from: "/characters/$profileId" });
  const profile = useQuery(profileQuery(profileId));
  useTitle(profile.data?.name ?? "");
  if (profile.isPending) return <Loading />;
  if (profile.isError) return <Failed error={profile.error} onRetry={() => void profile.refetch()} />;
  return <ProfileView profile={profile.data} />;
}

function ProfileView({ profile }: { readonly profile: Profile }) {
  const { t } = useTranslation("characters");
  const start = useStartChat(profile.id);
  const notes = readSpecText(profile, "creator_notes");
  const creator = readSpecText(profile, "creator");
  return (
    <article className={classes.page}>
      <header className={classes.head}>
        <span className={classes.picture}>
          <Avatar name={profile.name} src={profile.hasAvatar ? avatarOf(profile.id) : null} size="fill" />
        </span>
        <div className={classes.about}>
          <Link to="/characters" className={classes.back}>
            <Icon name="back" size={16} /> {t("title")}
          </Link>
          <h1>{profile.name}</h1>
          {creator !== "" && <p className={classes.creator}>{t("creator", { name: creator })}</p>}
          {profile.tags.length > 0 && (
            <ul className={classes.tags} aria-label={t("tags")}>
              {[...new Set(profile.tags)].map((tag) => (
                <li key={tag}>{tag}</li>
              ))}
            </ul>
          )}
        </div>
        <div className={classes.actions}>
          <Button
            size="md"
            loading={start.isPending}
            leftSection={<Icon name="talk" size={20} />}
            onClick={() => start.mutate()}
          >
            {t("chat.start")}
          </Button>
          <ProfileMenu profile={profile} />
        </div>
      </header>
      <ProfileChats profileId={profile.id} />
      {notes !== "" && (
        <details className={classes.notes}>
          <summary>{t("notes")}</summary>
          <Markdown text={notes} />
        </details>
      )}
    </article>
  );
}

function ProfileMenu({ profile }: { readonly profile: Profile }) {
  const { t } = useTranslation("characters");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => queries.invalidateQueries({ queryKey: ["profiles", "list"] });
  const fail = (error: Error) => toasts.show(error.message, { tone: "bad" });
  const remove = async () => {
    await deleteProfile(profile.id);
    await navigate({ to: "/characters" });
    await refresh();
    const undo = () => void restoreProfile(profile.id).then(refresh).catch(fail);
    toasts.show(t("deleted", { name: profile.name }), {
      action: { label: t("common.undo", { ns: "app" }), run: undo },
    });
  };
  return (
    <Menu withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon size={42} variant="default" aria-label={t("more")}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
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
