import { ActionIcon, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { avatarOf, readSpecText } from "@/api/profiles";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import classes from "./Gallery.module.css";
import { useFavourite } from "./useFavourite";
import { useStartChat } from "./useStartChat";

const MOST_TAGS = 3;

export const ProfileCard = memo(function ProfileCard({ profile }: { readonly profile: Profile }) {
  const { t } = useTranslation("characters");
  const start = useStartChat(profile.id);
  const favourite = useFavourite(profile);
  return (
    <li className={classes.card}>
      <Link to="/characters/$profileId" params={{ profileId: profile.id }} className={classes.cover}>
        <span className={classes.picture}>
          <Avatar
            name={profile.name}
            src={profile.hasAvatar ? avatarOf(profile.id, "thumb") : null}
            size="fill"
          />
        </span>
        <strong>{profile.name}</strong>
        <span className={classes.note}>
          {readSpecText(profile, "creator_notes") || readSpecText(profile, "description")}
        </span>
      </Link>
      <ActionIcon
        className={classes.star ?? ""}
        variant="default"
        radius="xl"
        aria-label={t("favourite", { name: profile.name })}
        aria-pressed={profile.favourite}
        data-on={profile.favourite || undefined}
        onClick={() => favourite.mutate()}
      >
        <Icon name="star" size={16} />
      </ActionIcon>
      <div className={classes.foot}>
        <span className={classes.tags}>
          {[...new Set(profile.tags)].slice(0, MOST_TAGS).map((tag) => (
            <Link key={tag} to="/characters" search={(now) => ({ ...now, tag })}>
              {tag}
            </Link>
          ))}
        </span>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Icon name="talk" size={16} />}
          loading={start.isPending}
          aria-label={t("chat.with", { name: profile.name })}
          onClick={() => start.mutate()}
        >
          {t("chat")}
        </Button>
      </div>
    </li>
  );
});
