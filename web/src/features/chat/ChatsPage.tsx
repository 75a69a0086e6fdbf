import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty, Failed, Loading, More } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { chatsQuery } from "./api";
import { ChatList } from "./ChatList";
import classes from "./ChatList.module.css";

export default function ChatsPage() {
  const { t } = useTranslation("chat");
  useTitle(t("title"));
  return (
    <div className={classes.page}>
      <h1>{t("title")}</h1>
      <RecentChats />
    </div>
  );
}

function RecentChats() {
  const { t } = useTranslation("chat");
  const list = useInfiniteQuery(chatsQuery);
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const chats = list.data.pages.flatMap((page) => page.items);
  if (chats.length === 0)
    return (
      <Empty icon="talk" title={t("none.title")}>
        <p>{t("none.body")}</p>
        <Button component={Link} to="/characters">
          {t("missing.home", { ns: "app" })}
        </Button>
      </Empty>
    );
  return (
    <>
      <ChatList chats={chats} />
      <More list={list} />
    </>
  );
}
