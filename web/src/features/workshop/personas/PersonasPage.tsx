import { Button, Switch, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { http, type Persona, take } from "@/api/client";
import { toApiError } from "@/api/errors";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { pickFile } from "@/ui/pickFile";
import { toasts } from "@/ui/toasts";
import { ALL, type Resource } from "../resource";
import { type FormProps, Workbench } from "../Workbench";
import classes from "../Workshop.module.css";

interface Draft {
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
}

const path = (persona: Persona) => ({ params: { path: { personaId: persona.id } } });

const personas: Resource<Persona, Draft> = {
  name: "personas",
  list: async () => (await take(http.GET("/v1/personas", ALL))).items,
  blank: { name: "", description: "", isDefault: false },
  toDraft: ({ name, description, isDefault }) => ({ name, description, isDefault }),
  create: (body) => take(http.POST("/v1/personas", { body })),
  change: (persona, body) => take(http.PATCH("/v1/personas/{personaId}", { ...path(persona), body })),
  remove: (persona) => take(http.DELETE("/v1/personas/{personaId}", path(persona))),
};

export default function PersonasPage() {
  const { t } = useTranslation("workshop");
  return (
    <Workbench
      resource={personas}
      describe={(persona) => (persona.isDefault ? t("usual") : persona.description)}
      form={(props) => <PersonaForm {...props} />}
    />
  );
}

function PersonaForm({ draft, set, item }: FormProps<Persona, Draft>) {
  const { t } = useTranslation("workshop");
  return (
    <>
      {item !== null && <Picture persona={item} />}
      <TextInput
        required
        label={t("name")}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Textarea
        label={t("persona.description")}
        description={t("persona.description.about")}
        autosize
        minRows={6}
        maxRows={20}
        value={draft.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Switch
        label={t("persona.default")}
        checked={draft.isDefault}
        onChange={(event) => set({ isDefault: event.currentTarget.checked })}
      />
    </>
  );
}

function Picture({ persona }: { readonly persona: Persona }) {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const address = `/v1/personas/${persona.id}/avatar`;
  const replace = async () => {
    const file = await pickFile("image/png,image/jpeg,image/webp");
    if (file === null) return;
    const form = new FormData();
    form.append("file", file);
    const response = await fetch(address, { method: "PUT", body: form });
    if (!response.ok) throw toApiError(response.status, await response.json().catch(() => null));
    await queries.invalidateQueries({ queryKey: ["workshop"] });
  };
  const fail = (error: unknown) => void toasts.show(String(error), { tone: "bad" });
  return (
    <div className={classes.picture}>
      <Avatar
        key={persona.updatedAt}
        name={persona.name}
        src={persona.hasAvatar ? `${address}?v=${persona.updatedAt}` : null}
        size={72}
      />
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Icon name="upload" size={16} />}
        onClick={() => void replace().catch(fail)}
      >
        {t("picture")}
      </Button>
    </div>
  );
}
