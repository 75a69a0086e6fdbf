import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Option {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
}

interface Props {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string | null | undefined;
  readonly onChange: (id: string | null) => void;
}

/** One of several, or whatever the character and the workspace say. */
export function Binding({ label, options, value, onChange }: Props) {
  const { t } = useTranslation("chat");
  const usual = options.find((option) => option.isDefault);
  const inherited = usual === undefined ? t("settings.usual") : t("settings.usualIs", { name: usual.name });
  return (
    <NativeSelect
      label={label}
      value={value ?? ""}
      data={[{ value: "", label: inherited }, ...options.map(({ id, name }) => ({ value: id, label: name }))]}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? null : currentTarget.value)}
    />
  );
}
