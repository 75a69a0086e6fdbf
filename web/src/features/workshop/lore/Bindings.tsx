import { ActionIcon, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { toasts } from "@/ui/toasts";
import { ScopeFields, type ScopeName } from "../ScopeFields";
import { useChats, usePersonas, useProfiles } from "../targets";
import classes from "../Workshop.module.css";
import { bind, bindingsQuery, unbind } from "./api";

const SCOPES: readonly ScopeName[] = ["global", "entity_profile", "chat", "persona"];

/** Where the book is read: everywhere, or for some characters, chats or personas. */
export function Bindings({ bookId }: { readonly bookId: string }) {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const list = useQuery(bindingsQuery(bookId));
  const name = useNames();
  const [wanted, setWanted] = useState<{ scope: string; scopeId: string | null }>({
    scope: "global",
    scopeId: null,
  });
  const settled = {
    onSuccess: () => queries.invalidateQueries({ queryKey: bindingsQuery(bookId).queryKey }),
    onError: (error: Error) => toasts.show(error.message, { tone: "bad" }),
  };
  const add = useMutation({ mutationFn: () => bind(bookId, wanted.scope, wanted.scopeId), ...settled });
  const remove = useMutation({ mutationFn: (id: string) => unbind(bookId, id), ...settled });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <div className={classes.fields}>
      {list.data.length === 0 && <p className={classes.none}>{t("lore.unbound")}</p>}
      <ul className={classes.entries}>
        {list.data.map((binding) => (
          <li key={binding.id} className={classes.row}>
            <span className={classes.grow}>
              {t(`scope.${binding.scope as ScopeName}`)} {name(binding.scopeId)}
            </span>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("lore.unbind")}
              onClick={() => remove.mutate(binding.id)}
            >
              <Icon name="trash" size={16} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <ScopeFields {...wanted} scopes={SCOPES} onChange={(scope, scopeId) => setWanted({ scope, scopeId })} />
      <div>
        <Button variant="default" loading={add.isPending} onClick={() => add.mutate()}>
          {t("lore.bind")}
        </Button>
      </div>
    </div>
  );
}

function useNames(): (id: string | null) => string {
  const targets = [useProfiles().data, useChats().data, usePersonas().data];
  return (id) =>
    id === null ? "" : (targets.flatMap((list) => list ?? []).find((one) => one.id === id)?.title ?? id);
}
