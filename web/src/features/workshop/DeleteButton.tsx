import { Button, type ButtonProps } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";

interface Props extends Pick<ButtonProps, "size"> {
  readonly pending: boolean;
  readonly onDelete: () => void;
  /** What goes, where several such buttons stand on a page. */
  readonly of?: string;
}

/** What is deleted here is gone for good, so it takes a second press. Leaving the button forgets the first. */
export function DeleteButton({ pending, onDelete, of, ...look }: Props) {
  const { t } = useTranslation("workshop");
  const [asked, setAsked] = useState(false);
  const text = asked ? t("delete.sure") : t("delete");
  return (
    <Button
      {...look}
      variant={asked ? "filled" : "subtle"}
      color="red"
      loading={pending}
      leftSection={<Icon name="trash" size={16} />}
      {...(of !== undefined && { "aria-label": `${text}: ${of}` })}
      onBlur={() => setAsked(false)}
      onClick={() => (asked ? onDelete() : setAsked(true))}
    >
      {text}
    </Button>
  );
}
