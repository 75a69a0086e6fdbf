import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import type { LoreTrace } from "@/features/runs";
import { LoreList } from "@/features/runs";
import classes from "../Workshop.module.css";
import { tryOut } from "./api";

/** A text to try the book on: which entries it would bring, and by which key. */
export function TryOut({ bookId }: { readonly bookId: string }) {
  const { t } = useTranslation("workshop");
  const [text, setText] = useState("");
  const test = useMutation({ mutationFn: () => tryOut(bookId, text) });
  return (
    <div className={classes.fields}>
      <Textarea
        label={t("lore.test.text")}
        autosize
        minRows={5}
        maxRows={16}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div>
        <Button
          variant="default"
          loading={test.isPending}
          disabled={text.trim() === ""}
          leftSection={<Icon name="search" size={16} />}
          onClick={() => test.mutate()}
        >
          {t("lore.test.run")}
        </Button>
      </div>
      <div aria-live="polite">
        {test.isError && <p className={classes.problem}>{test.error.message}</p>}
        {test.data?.warnings.map((warning) => (
          <p key={warning} className={classes.problem}>
            {warning}
          </p>
        ))}
        {test.isSuccess && <LoreList lore={test.data.lore as unknown as readonly LoreTrace[]} />}
      </div>
    </div>
  );
}
