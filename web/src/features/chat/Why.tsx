import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { Explanation } from "@/features/runs";
import { variantsQuery } from "./api";
import { useOpenChat } from "./context";

interface Props {
  readonly message: Message;
  readonly onClose: () => void;
}

/** Why an answer is what it is, beside the answer; its other variants stand ready for comparison. */
export default function Why({ message, onClose }: Props) {
  const { t } = useTranslation(["chat", "runs"]);
  const { at } = useOpenChat();
  const { data: variants = [] } = useQuery(variantsQuery(message, at.branchId));
  const others = variants.flatMap(({ generationId }, index) =>
    generationId === null || generationId === message.generationId
      ? []
      : [{ id: generationId, label: t("variant.place", { position: index + 1, count: variants.length }) }],
  );
  if (message.generationId === null) return null;
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="46rem"
      title={t("why")}
      closeButtonProps={{ "aria-label": t("common.close", { ns: "app" }) }}
    >
      <Explanation generationId={message.generationId} others={others} />
    </Drawer>
  );
}
