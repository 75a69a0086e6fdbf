import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { useTitle } from "@/ui/useTitle";
import { traceQuery } from "./api";
import { Explanation } from "./Explanation";
import classes from "./Runs.module.css";

export default function RunPage() {
  const { t } = useTranslation("runs");
  const { generationId } = useParams({ from: "/runs/$generationId" });
  const { data: trace } = useQuery(traceQuery(generationId));
  useTitle(t("one"));
  const { chatId = null, messageId = null } = trace?.generation ?? {};
  return (
    <div className={classes.page}>
      <Link to="/runs" className={classes.back}>
        <Icon name="back" size={16} /> {t("title")}
      </Link>
      <header className={classes.head}>
        <h1>{t("one")}</h1>
        {chatId !== null && (
          <Link
            to="/chats/$chatId"
            params={{ chatId }}
            search={messageId === null ? {} : { message: messageId }}
            className={classes.answer}
          >
            {t("answer")}
          </Link>
        )}
      </header>
      <Explanation generationId={generationId} />
    </div>
  );
}
