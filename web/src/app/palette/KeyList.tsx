import { Modal } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { commands } from "../commands";
import { Keys } from "./Keys";
import classes from "./Palette.module.css";

/** Every key that does something on the open page. */
export default function KeyList({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const all = useSyncExternalStore(commands.watch, commands.read);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("keys.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <dl className={classes.table}>
        {all.map(
          (command) =>
            command.keys !== undefined && (
              <div key={command.id}>
                <dt>{command.title}</dt>
                <dd>
                  <Keys keys={command.keys} />
                </dd>
              </div>
            ),
        )}
      </dl>
    </Modal>
  );
}
