import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { avatarOf, readSpecText } from "@/api/profiles";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import classes from "./Gallery.module.css";
import { useStartChat } from "./useStartChat";

const MOST_TAGS = 3;

export function ProfileCard({ profile }: { readonly profile: Profile }) {
  const { t } = useTranslation("characters");
  const start = useStartChat(profile.id);
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
      <div className={classes.foot}>
        <span className={classes.tags}>{profile.tags.slice(0, MOST_TAGS).join(" · ")}</span>
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
}
