import { Modal } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ImportItem } from "@/api/client";
import { Icon, type IconName } from "@/ui/Icon";
import classes from "@/ui/Report.module.css";

const ICONS: Readonly<Record<ImportItem["status"], IconName>> = {
  created: "check",
  duplicate: "copy",
  failed: "warn",
};

interface Props {
  readonly items: readonly ImportItem[];
  readonly onClose: () => void;
}

/** What became of every file: read, known already, or failed and why; with what had to be repaired. */
export default function ImportReport({ items, onClose }: Props) {
  const { t } = useTranslation("characters");
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("report.title", { count: items.length })}
      closeButtonProps={{ "aria-label": t("common.close", { ns: "app" }) }}
    >
      <ul className={classes.items}>
        {items.map((item, index) => (
          <li key={index} className={classes.item} data-status={item.status}>
            <Icon name={ICONS[item.status]} size={18} />
            <div>
              <b>{item.name || item.file}</b>
              <small>
                {t(`status.${item.status}`)} · {item.file}
              </small>
              {item.error !== null && <small>{item.error.message}</small>}
              {item.warnings.map((warning) => (
                <small key={`${warning.code} ${warning.path}`}>{warning.message}</small>
              ))}
            </div>
            {item.entityProfileId !== null && (
              <Link
                to="/characters/$profileId"
                params={{ profileId: item.entityProfileId }}
                onClick={onClose}
                aria-label={`${t("open")}: ${item.name ?? item.file}`}
              >
                {t("open")}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
