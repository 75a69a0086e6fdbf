import { useTranslation } from "react-i18next";
import type { Block } from "@/api/client";
import classes from "./Message.module.css";

/** Under a message, quietly: macros that stayed as text, and what its writer tells people alone. */
export function Notices({ blocks }: { readonly blocks: readonly Block[] }) {
  const { t } = useTranslation("chat");
  return blocks.filter(isNotice).map((block, index) => (
    <p key={index} className={classes.notice}>
      {block.code === "macros.unknown" ? t("notice.unknown", { names: namesOf(block) }) : block.text}
    </p>
  ));
}

const isNotice = (block: Block) =>
  block.type === "notice" && block.visibility !== "prompt_only" && (block.text ?? "") !== "";

function namesOf(block: Block): string {
  return Array.isArray(block.names) ? block.names.map((name) => `{{${String(name)}}}`).join(", ") : "";
}
