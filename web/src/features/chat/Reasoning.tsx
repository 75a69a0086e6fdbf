import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Message.module.css";

/** What the model thought before it spoke: folded, but open while there is nothing else to read. */
export function Reasoning({ text, open }: { readonly text: string; readonly open: boolean }) {
  const { t } = useTranslation("chat");
  return (
    <details className={classes.reasoning} open={open}>
      <summary>
        <Icon name="mind" size={16} /> {t("reasoning")}
      </summary>
      <p>{text}</p>
    </details>
  );
}
