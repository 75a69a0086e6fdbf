import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Empty, Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { DeleteButton } from "./DeleteButton";
import { type Named, type Resource, resourceQuery } from "./resource";
import { Tabs } from "./Tabs";
import { useEditor } from "./useEditor";
import classes from "./Workshop.module.css";

export interface FormProps<Item, Draft> {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
  /** What is edited; null for one that is being made. */
  readonly item: Item | null;
  /** Why the last attempt to save was refused. */
  readonly error: Error | null;
  /** The buttons that save and delete, for a form that `placesFoot` itself. */
  readonly foot: ReactNode;
}

interface Props<Item extends Named, Draft> {
  readonly resource: Resource<Item, Draft>;
  /** What stands under the name in the list. */
  readonly describe: (item: Item) => string;
  readonly form: (props: FormProps<Item, Draft>) => ReactNode;
  readonly isFixed?: (item: Item) => boolean;
  readonly placesFoot?: boolean;
  readonly start?: Partial<Draft>;
  readonly tools?: ReactNode;
}

/** A list of one kind of thing beside the form of the chosen one; on a phone one after the other. */
export function Workbench<Item extends Named, Draft>(props: Props<Item, Draft>) {
  const { resource, tools } = props;
  const { t } = useTranslation("workshop");
  const { id } = useSearch({ from: `/workshop/${resource.name}` });
  const list = useQuery(resourceQuery(resource));
  const title = t(resource.name);
  useTitle(title);
  return (
    <div className={classes.page}>
      <Tabs />
      <div className={classes.bench} data-open={id !== undefined || undefined}>
        <section className={classes.list} aria-label={title}>
          <header>
            <h1>{title}</h1>
            {tools}
            <Button
              size="compact-md"
              leftSection={<Icon name="plus" size={16} />}
              renderRoot={(props) => (
                <Link {...props} to={`/workshop/${resource.name}`} search={{ id: "new" }} />
              )}
            >
              {t("new")}
            </Button>
          </header>
          {list.isPending && <Loading />}
          {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
          {list.isSuccess && <Items {...props} items={list.data} chosen={id} />}
        </section>
        <section className={classes.editor} aria-label={t("editor")}>
          {list.isSuccess && <Chosen {...props} items={list.data} id={id} />}
        </section>
      </div>
    </div>
  );
}

type Listed<Item extends Named, Draft> = Props<Item, Draft> & { readonly items: readonly Item[] };

function Items<Item extends Named, Draft>({
  resource,
  items,
  describe,
  chosen,
}: Listed<Item, Draft> & { readonly chosen: string | undefined }) {
  const { t } = useTranslation("workshop");
  if (items.length === 0) return <p className={classes.none}>{t(`none.${resource.name}`)}</p>;
  return (
    <ul>
      {items.map((item) => (
        <li key={item.id}>
          <Link
            to={`/workshop/${resource.name}`}
            search={{ id: item.id }}
            aria-current={item.id === chosen ? "true" : undefined}
          >
            <strong>{item.name}</strong>
            <span>{describe(item)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Chosen<Item extends Named, Draft>(props: Listed<Item, Draft> & { readonly id: string | undefined }) {
  const { resource, items, id } = props;
  const { t } = useTranslation("workshop");
  if (id === undefined)
    return (
      <Empty icon="tools" title={t("choose")}>
        <p>{t(`about.${resource.name}`)}</p>
      </Empty>
    );
  const item = items.find((one) => one.id === id) ?? null;
  if (item === null && id !== "new") return <Empty icon="search" title={t("gone")} />;
  return <Editor key={id} {...props} item={item} />;
}

function Editor<Item extends Named, Draft>(props: Props<Item, Draft> & { readonly item: Item | null }) {
  const { resource, form, item, isFixed, placesFoot = false, start } = props;
  const { t } = useTranslation("workshop");
  const { draft, set, dirty, save, remove } = useEditor(resource, item, start);
  const fixed = item !== null && isFixed?.(item) === true;
  const foot = !fixed && (
    <footer>
      <Button type="submit" loading={save.isPending} disabled={!dirty}>
        {t("save")}
      </Button>
      {item !== null && <DeleteButton pending={remove.isPending} onDelete={() => remove.mutate()} />}
    </footer>
  );
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Link to={`/workshop/${resource.name}`} className={classes.back}>
        <Icon name="back" size={16} /> {t(resource.name)}
      </Link>
      <h1>{item?.name ?? t(`new.${resource.name}`)}</h1>
      {fixed && <p className={classes.none}>{t("fixed")}</p>}
      {form({ draft, set, item, error: save.error, foot })}
      {!placesFoot && foot}
    </form>
  );
}
