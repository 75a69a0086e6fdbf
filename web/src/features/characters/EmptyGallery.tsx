import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Empty } from "@/ui/States";
import classes from "./Gallery.module.css";
import { useExample } from "./useExample";

/** What a newcomer meets when there is nobody yet: the ways in, and a road through the rest. */
export function EmptyGallery({ onImport }: { readonly onImport: () => void }) {
  const { t } = useTranslation("characters");
  const example = useExample();
  return (
    <Empty icon="book" title={t("empty.title")}>
      <p>{t("empty.body")}</p>
      <Button onClick={onImport} leftSection={<Icon name="upload" size={18} />}>
        {t("import")}
      </Button>
      <Button variant="default" renderRoot={(props) => <Link {...props} to="/import" />}>
        {t("import.sillytavern")}
      </Button>
      <Button variant="subtle" loading={example.isPending} onClick={() => example.mutate()}>
        {t("empty.example")}
      </Button>
      <Link to="/workshop/connections" className={classes.way}>
        {t("empty.connect")}
      </Link>
    </Empty>
  );
}
