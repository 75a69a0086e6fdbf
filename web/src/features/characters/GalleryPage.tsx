import { ActionIcon, Button, Menu, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { useTitle } from "@/ui/useTitle";
import { createProfile } from "./api";
import { FilterBar } from "./FilterBar";
import { FirstSteps } from "./FirstSteps";
import classes from "./Gallery.module.css";
import { Grid } from "./Grid";
import { ImportArea } from "./ImportArea";
import { type CardImport, useCardImport } from "./useCardImport";

export default function GalleryPage() {
  const { t } = useTranslation("characters");
  const filter = useSearch({ from: "/characters" });
  const cards = useCardImport();
  const { progress } = cards;
  useTitle(t("title"));
  return (
    <ImportArea cards={cards}>
      <div className={classes.page}>
        <header className={classes.head}>
          <h1>{t("title")}</h1>
          <Button
            onClick={cards.pick}
            loading={progress !== null}
            leftSection={<Icon name="upload" size={18} />}
          >
            {t("import")}
          </Button>
          <MoreWays cards={cards} />
        </header>
        {progress !== null && (
          <div className={classes.progress} role="status">
            <span>{t("importing", { done: progress.done, total: progress.total })}</span>
            <Progress aria-label={t("import")} value={(100 * progress.done) / progress.total} animated />
          </div>
        )}
        <FirstSteps />
        <FilterBar filter={filter} />
        <Grid filter={filter} onImport={cards.pick} />
      </div>
    </ImportArea>
  );
}

function MoreWays({ cards }: { readonly cards: CardImport }) {
  const { t } = useTranslation("characters");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => createProfile(t("new.name")),
    onSuccess: (profile) => {
      void queries.invalidateQueries({ queryKey: ["profiles"] });
      return navigate({ to: "/characters/$profileId/edit", params: { profileId: profile.id } });
    },
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });
  return (
    <Menu returnFocus withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon size={36} variant="default" aria-label={t("more")}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="plus" size={16} />} onClick={() => create.mutate()}>
          {t("new")}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="upload" size={16} />} onClick={cards.pickFolder}>
          {t("import.folder")}
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="upload" size={16} />}
          renderRoot={(props) => <Link {...props} to="/import" />}
        >
          {t("import.sillytavern")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
