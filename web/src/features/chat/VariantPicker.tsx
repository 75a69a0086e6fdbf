import { ActionIcon, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Message, Variant } from "@/api/client";
import { queryClient } from "@/app/server";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { variantsQuery } from "./api";
import { deleteVariant } from "./changes";
import { formatTime } from "./ChatList";
import { useOpenChat } from "./context";
import { tellError, turns } from "./session";
import { showVariant } from "./useVariants";
import classes from "./VariantPicker.module.css";

interface Props {
  readonly message: Message;
  readonly onClose: () => void;
}

/** All versions of a message to read and choose from: swipes, edits, and the greetings of a character. */
export default function VariantPicker({ message, onClose }: Props) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const list = useQuery(variantsQuery(message, at.branchId));
  const choose = async (variant: Variant) => {
    onClose();
    await showVariant(at, message, variant);
  };
  const remove = async (variant: Variant) => {
    await deleteVariant(message.id, variant.id);
    onClose();
    await queryClient.invalidateQueries({ queryKey: ["variants", message.id] });
    await turns.refresh(at);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={message.seq === 0 ? t("greetings") : t("variants")}
      closeButtonProps={{ "aria-label": t("common.close", { ns: "app" }) }}
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      <ol className={classes.list}>
        {list.data?.map((variant, index) => (
          <li key={variant.id} data-shown={variant.id === message.selectedVariantId || undefined}>
            <button
              type="button"
              aria-current={variant.id === message.selectedVariantId ? "true" : undefined}
              onClick={() => void choose(variant).catch(tellError)}
            >
              <VariantLabel variant={variant} number={index + 1} />
              <span>{variant.promptText || "…"}</span>
            </button>
            {list.data.length > 1 && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("variant.delete", { number: index + 1 })}
                onClick={() => void remove(variant).catch(tellError)}
              >
                <Icon name="trash" size={16} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ol>
    </Modal>
  );
}

function VariantLabel({ variant, number }: { readonly variant: Variant; readonly number: number }) {
  const { t, i18n } = useTranslation("chat");
  const kinds = {
    generation: t("kind.generation"),
    manual_edit: t("kind.manual_edit"),
    import: t("kind.import"),
    greeting: t("kind.greeting"),
  };
  const kind = kinds[variant.kind as keyof typeof kinds];
  return (
    <small>
      {number} · {kind} · {formatTime(variant.createdAt, i18n.language)}
    </small>
  );
}
