import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { profileQuery } from "@/api/profiles";
import { Markdown } from "@/markdown/Markdown";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { chatQuery, fetchMessages } from "../api";
import type { BranchRef } from "../begun";
import { readParts } from "../parts";
import classes from "./ReadingPage.module.css";

// The server's most at once.
const STRETCH = 500;

/** A branch as a page of a book: to read, to print, to save. Hidden messages are left out. */
export default function ReadingPage() {
  const { chatId } = useParams({ from: "/chats/$chatId/read" });
  const { branch } = useSearch({ from: "/chats/$chatId/read" });
  const chat = useQuery(chatQuery(chatId));
  if (chat.isPending) return <Loading />;
  if (chat.isError) return <Failed whole error={chat.error} onRetry={() => void chat.refetch()} />;
  const at = { chatId, branchId: branch ?? chat.data.activeBranchId };
  return <Story at={at} title={chat.data.title} profileId={chat.data.entityProfileId} />;
}

interface Props {
  readonly at: BranchRef;
  readonly title: string;
  readonly profileId: string | null;
}

function Story({ at, title, profileId }: Props) {
  const { t } = useTranslation("chat");
  const profile = useQuery({ ...profileQuery(profileId ?? ""), enabled: profileId !== null });
  const story = useQuery({
    queryKey: ["messages", at.chatId, at.branchId, "all"],
    queryFn: () => fetchAll(at),
    gcTime: 0,
  });
  const name = profile.data?.name ?? title;
  useTitle(title || name);
  if (story.isPending) return <Loading />;
  if (story.isError) return <Failed error={story.error} onRetry={() => void story.refetch()} />;
  return (
    <article className={classes.page}>
      <nav className={classes.tools}>
        <Link to="/chats/$chatId" params={{ chatId: at.chatId }} search={{ branch: at.branchId }}>
          <Icon name="back" size={16} /> {t("read.back")}
        </Link>
        <Button variant="default" onClick={() => print()}>
          {t("read.print")}
        </Button>
      </nav>
      <h1>{title || name}</h1>
      {story.data.map((message) => (
        <section key={message.id} className={classes.part} data-role={message.role}>
          <h2>{message.role === "user" ? message.author.name || t("you") : message.author.name || name}</h2>
          <Markdown text={readParts(message).text} />
        </section>
      ))}
    </article>
  );
}

async function fetchAll(at: BranchRef): Promise<readonly Message[]> {
  let all: readonly Message[] = [];
  for (let before: number | undefined, more = true; more; before = all[0]?.seq) {
    const page = await fetchMessages(at, { before }, STRETCH);
    all = [...page.items, ...all];
    more = page.hasOlder;
  }
  return all.filter((message) => !message.hidden);
}
