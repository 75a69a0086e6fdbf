import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ChatList } from "@/features/chat";
import { Failed, Loading, More } from "@/ui/States";
import { profileChatsQuery } from "./api";
import classes from "./Profile.module.css";

export function ProfileChats({ profileId }: { readonly profileId: string }) {
  const { t } = useTranslation("characters");
  const list = useInfiniteQuery(profileChatsQuery(profileId));
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const chats = list.data.pages.flatMap((page) => page.items);
  return (
    <section className={classes.chats} aria-labelledby="profile-chats">
      <h2 id="profile-chats">{t("chats")}</h2>
      {chats.length === 0 ? <p className={classes.none}>{t("chats.none")}</p> : <ChatList chats={chats} />}
      <More list={list} />
    </section>
  );
}
