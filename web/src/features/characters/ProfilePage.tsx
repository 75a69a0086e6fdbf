import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { avatarOf, profileQuery, readSpecText } from "@/api/profiles";
import { Markdown } from "@/markdown/Markdown";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import classes from "./Profile.module.css";
import { readNotes } from "./editor/spec";
import { ProfileChats } from "./ProfileChats";
import { ProfileMenu } from "./ProfileMenu";
import { useFavourite } from "./useFavourite";
import { useStartChat } from "./useStartChat";

export default function ProfilePage() {
  const { profileId } = useParams({ from: "/characters/$profileId" });
  const profile = useQuery(profileQuery(profileId));
  useTitle(profile.data?.name ?? "");
  if (profile.isPending) return <Loading />;
  if (profile.isError) return <Failed whole error={profile.error} onRetry={() => void profile.refetch()} />;
  return <ProfileView profile={profile.data} />;
}

function ProfileView({ profile }: { readonly profile: Profile }) {
  const { t, i18n } = useTranslation(["characters", "chat"]);
  const start = useStartChat(profile.id);
  const favourite = useFavourite(profile);
  const notes = readNotes(profile.spec, i18n.language);
  const creator = readSpecText(profile, "creator");
  return (
    <article className={classes.page}>
      <header className={classes.head}>
        <span className={classes.picture}>
          <Avatar
            key={profile.updatedAt}
            name={profile.name}
            src={profile.hasAvatar ? avatarOf(profile.id) : null}
            size="fill"
          />
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
                <li key={tag}>
                  <Link to="/characters" search={{ tag }}>
                    {tag}
                  </Link>
                </li>
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
          <Button
            size="md"
            variant="default"
            leftSection={<Icon name="edit" size={18} />}
            renderRoot={(props) => (
              <Link {...props} to="/characters/$profileId/edit" params={{ profileId: profile.id }} />
            )}
          >
            {t("edit")}
          </Button>
          <ActionIcon
            size={42}
            variant="default"
            className={classes.star ?? ""}
            aria-label={t("favourite", { name: profile.name })}
            aria-pressed={profile.favourite}
            data-on={profile.favourite || undefined}
            onClick={() => favourite.mutate()}
          >
            <Icon name="star" />
          </ActionIcon>
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
