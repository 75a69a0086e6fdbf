import { Button, NumberInput, Switch, TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Editor.module.css";
import { type BookEntry, NEW_ENTRY, type PartProps, readBook, setBook } from "./spec";
import { TextBox } from "./TextBox";

/** The lorebook inside the card: it goes wherever the card goes. */
export function Book({ spec, set }: PartProps) {
  const { t } = useTranslation("characters");
  const entries = readBook(spec);
  const put = (index: number, change: Partial<BookEntry>) =>
    set(
      setBook(
        spec,
        entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry)),
      ),
    );
  return (
    <div className={classes.fields}>
      <p className={classes.note}>{t("book.about")}</p>
      {entries.map((entry, index) => (
        <details key={index} className={classes.entry} open={entry.content === ""}>
          <summary>
            <b>{readName(entry) || t("book.entry", { number: index + 1 })}</b> {entry.keys.join(", ")}
          </summary>
          <div className={classes.fields}>
            <TagsInput
              label={t("book.keys")}
              splitChars={[]}
              value={[...entry.keys]}
              onChange={(keys) => put(index, { keys })}
            />
            <TextBox
              label={t("book.content")}
              value={entry.content}
              onChange={(content) => put(index, { content })}
            />
            <div className={classes.pair}>
              <NumberInput
                label={t("book.order")}
                value={typeof entry.insertion_order === "number" ? entry.insertion_order : 100}
                onChange={(value) => typeof value === "number" && put(index, { insertion_order: value })}
              />
              <Switch
                label={t("book.constant")}
                checked={entry.constant === true}
                onChange={(event) => put(index, { constant: event.currentTarget.checked })}
              />
              <Switch
                label={t("book.enabled")}
                checked={entry.enabled}
                onChange={(event) => put(index, { enabled: event.currentTarget.checked })}
              />
            </div>
            <div>
              <Button
                variant="subtle"
                color="red"
                leftSection={<Icon name="trash" size={16} />}
                onClick={() =>
                  set(
                    setBook(
                      spec,
                      entries.filter((_, at) => at !== index),
                    ),
                  )
                }
              >
                {t("delete")}
              </Button>
            </div>
          </div>
        </details>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => set(setBook(spec, [...entries, NEW_ENTRY]))}
        >
          {t("book.add")}
        </Button>
      </div>
    </div>
  );
}

function readName(entry: BookEntry): string {
  const { comment, name } = entry;
  if (typeof comment === "string" && comment !== "") return comment;
  return typeof name === "string" ? name : "";
}
