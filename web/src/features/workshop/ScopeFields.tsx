import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useChats, usePersonas, useProfiles } from "./targets";
import classes from "./Workshop.module.css";

export type ScopeName = "global" | "entity_profile" | "chat" | "persona";

interface Props {
  readonly scopes: readonly ScopeName[];
  readonly scope: string;
  readonly scopeId: string | null;
  readonly onChange: (scope: string, scopeId: string | null) => void;
}

/** Where something holds: everywhere, or for one character, chat or persona. */
export function ScopeFields({ scopes, scope, scopeId, onChange }: Props) {
  const { t } = useTranslation("workshop");
  const targets = useTargets();
  const list = targets[scope as keyof typeof targets] ?? [];
  const chooseScope = (next: string) =>
    onChange(next, targets[next as keyof typeof targets]?.[0]?.id ?? null);
  return (
    <div className={classes.grid}>
      <NativeSelect
        label={t("scope")}
        value={scope}
        data={scopes.map((value) => ({ value, label: t(`scope.${value}`) }))}
        onChange={(event) => chooseScope(event.currentTarget.value)}
      />
      {scope !== "global" && (
        <NativeSelect
          label={t("scope.which")}
          value={scopeId ?? ""}
          data={[
            ...(list.some(({ id }) => id === scopeId)
              ? []
              : [{ value: scopeId ?? "", label: scopeId ?? "–" }]),
            ...list.map(({ id, title }) => ({ value: id, label: title })),
          ]}
          onChange={(event) => onChange(scope, event.currentTarget.value || null)}
        />
      )}
    </div>
  );
}

function useTargets() {
  return {
    entity_profile: useProfiles().data,
    chat: useChats().data,
    persona: usePersonas().data,
  };
}
