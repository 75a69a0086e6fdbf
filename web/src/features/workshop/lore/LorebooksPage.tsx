import { Button, NumberInput, Switch, Tabs, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Lorebook } from "@/api/client";
import { Icon } from "@/ui/Icon";
import { pickFiles } from "@/ui/pickFile";
import { toasts } from "@/ui/toasts";
import { type FormProps, Workbench } from "../Workbench";
import classes from "../Workshop.module.css";
import { type BookDraft, importBooks, lorebooks } from "./api";
import { Bindings } from "./Bindings";
import { EntryTable } from "./EntryTable";
import { TryOut } from "./TryOut";

export default function LorebooksPage() {
  // The words of what unfolds here are fetched with the page's own, so that nothing blinks later.
  const { t } = useTranslation(["workshop", "runs"]);
  return (
    <Workbench
      resource={lorebooks}
      describe={(book) => t("lore.entries", { count: book.entryCount })}
      form={(props) => <BookForm {...props} />}
      tools={<ImportButton />}
      placesFoot
    />
  );
}

function ImportButton() {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const bring = async () => {
    const files = await pickFiles(".json,application/json", true);
    if (files.length === 0) return;
    for (const item of await importBooks(files)) {
      const failed = item.error !== null;
      const text = failed ? `${item.file}: ${item.error.message}` : t("imported", { name: item.file });
      toasts.show(text, failed ? { tone: "bad" } : {});
    }
    await queries.invalidateQueries({ queryKey: ["workshop"] });
  };
  const fail = (error: unknown) => void toasts.show(String(error), { tone: "bad" });
  return (
    <Button
      variant="default"
      size="compact-md"
      leftSection={<Icon name="upload" size={16} />}
      onClick={() => void bring().catch(fail)}
    >
      {t("import")}
    </Button>
  );
}

function BookForm(props: FormProps<Lorebook, BookDraft>) {
  const { t } = useTranslation("workshop");
  const { item } = props;
  if (item === null) return <BookFields {...props} />;
  return (
    <Tabs defaultValue="entries" keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="entries">{t("lore.entries", { count: item.entryCount })}</Tabs.Tab>
        <Tabs.Tab value="test">{t("lore.test")}</Tabs.Tab>
        <Tabs.Tab value="bindings">{t("lore.bindings")}</Tabs.Tab>
        <Tabs.Tab value="book">{t("lore.book")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="entries">
        <EntryTable bookId={item.id} />
      </Tabs.Panel>
      <Tabs.Panel value="test">
        <TryOut bookId={item.id} />
      </Tabs.Panel>
      <Tabs.Panel value="bindings">
        <Bindings bookId={item.id} />
      </Tabs.Panel>
      <Tabs.Panel value="book">
        <BookFields {...props} />
      </Tabs.Panel>
    </Tabs>
  );
}

function BookFields({ draft, set, item, foot }: FormProps<Lorebook, BookDraft>) {
  const { t } = useTranslation("workshop");
  return (
    <div className={classes.fields}>
      <TextInput
        required
        label={t("name")}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Textarea
        label={t("description")}
        autosize
        minRows={2}
        value={draft.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <div className={classes.grid}>
        <NumberInput
          label={t("lore.scanDepth")}
          min={0}
          value={draft.scanDepth}
          onChange={(value) => typeof value === "number" && set({ scanDepth: value })}
        />
        <NumberInput
          label={t("lore.budget")}
          placeholder={t("lore.budget.usual")}
          min={1}
          value={draft.tokenBudget ?? ""}
          onChange={(value) => set({ tokenBudget: typeof value === "number" ? value : null })}
        />
      </div>
      <Switch
        label={t("lore.recursive")}
        checked={draft.recursive}
        onChange={(event) => set({ recursive: event.currentTarget.checked })}
      />
      {item !== null && (
        <p className={classes.links}>
          <a href={`/v1/lorebooks/${item.id}/export?format=v3`} download>
            {t("export.v3")}
          </a>
          <a href={`/v1/lorebooks/${item.id}/export?format=sillytavern`} download>
            {t("export.sillytavern")}
          </a>
        </p>
      )}
      {foot}
    </div>
  );
}
