import { Button, Tabs } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useBlocker, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { profileQuery } from "@/api/profiles";
import { useCommands } from "@/app/commands";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { toasts } from "@/ui/toasts";
import { useTitle } from "@/ui/useTitle";
import { saveProfile } from "../api";
import { About } from "./About";
import { Book } from "./Book";
import { Character } from "./Character";
import classes from "./Editor.module.css";
import { Greetings } from "./Greetings";
import { Instructions } from "./Instructions";
import { estimateTokens, type PartProps, readText, type Spec, TEXTS } from "./spec";

export default function EditorPage() {
  const { profileId } = useParams({ from: "/characters/$profileId/edit" });
  const profile = useQuery(profileQuery(profileId));
  useTitle(profile.data?.name ?? "");
  if (profile.isPending) return <Loading />;
  if (profile.isError) return <Failed whole error={profile.error} onRetry={() => void profile.refetch()} />;
  return <Editor key={profileId} profile={profile.data} />;
}

function Editor({ profile }: { readonly profile: Profile }) {
  const { t, i18n } = useTranslation("characters");
  const { spec, set, dirty, save } = useSpec(profile);
  const part: PartProps = { spec, set };
  const tokens = TEXTS.reduce((sum, field) => sum + estimateTokens(readText(spec, field)), 0);
  return (
    <form
      className={classes.page}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Link to="/characters/$profileId" params={{ profileId: profile.id }} className={classes.back}>
        <Icon name="back" size={16} /> {profile.name}
      </Link>
      <h1>{t("edit.title", { name: profile.name })}</h1>
      <Tabs defaultValue="character" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="character">{t("part.character")}</Tabs.Tab>
          <Tabs.Tab value="greetings">{t("part.greetings")}</Tabs.Tab>
          <Tabs.Tab value="instructions">{t("part.instructions")}</Tabs.Tab>
          <Tabs.Tab value="book">{t("part.book")}</Tabs.Tab>
          <Tabs.Tab value="about">{t("part.about")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="character">
          <Character {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="greetings">
          <Greetings {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="instructions">
          <Instructions {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="book">
          <Book {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="about">
          <About {...part} />
        </Tabs.Panel>
      </Tabs>
      <footer>
        <Button type="submit" loading={save.isPending} disabled={!dirty}>
          {t("save")}
        </Button>
        <span>{t("tokens.all", { tokens: tokens.toLocaleString(i18n.language) })}</span>
      </footer>
    </form>
  );
}

function useSpec(profile: Profile) {
  const { t } = useTranslation("characters");
  const queries = useQueryClient();
  const [spec, setSpec] = useState<Spec>(profile.spec);
  const [saved, setSaved] = useState<Spec>(profile.spec);
  const dirty = spec !== saved;
  const save = useMutation({
    mutationFn: () => saveProfile(profile, spec),
    onSuccess: (stored) => {
      setSaved(spec);
      toasts.show(t("saved"));
      queries.setQueryData(profileQuery(profile.id).queryKey, stored);
      return queries.invalidateQueries({ queryKey: ["profiles", "list"] });
    },
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });
  useBlocker({ shouldBlockFn: () => dirty && !confirm(t("leave")), enableBeforeUnload: () => dirty });
  useCommands([
    { id: "save", title: t("save"), keys: "mod+s", whileTyping: true, run: () => dirty && save.mutate() },
  ]);
  return { spec, set: (change: Spec) => setSpec((now) => ({ ...now, ...change })), dirty, save };
}
