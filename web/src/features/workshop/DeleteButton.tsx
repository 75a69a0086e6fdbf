import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";

interface Props {
  readonly pending: boolean;
  readonly onDelete: () => void;
}

/** What is deleted here is gone for good, so it takes a second press. Leaving the button forgets the first. */
export function DeleteButton({ pending, onDelete }: Props) {
  const { t } = useTranslation("workshop");
  const [asked, setAsked] = useState(false);
  return (
    <Button
      variant={asked ? "filled" : "subtle"}
      color="red"
      loading={pending}
      leftSection={<Icon name="trash" size={16} />}
      onBlur={() => setAsked(false)}
      onClick={() => (asked ? onDelete() : setAsked(true))}
    >
      {asked ? t("delete.sure") : t("delete")}
    </Button>
  );
}
