import { Button, Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { formatBytes } from "@/ui/bytes";
import { DropArea } from "@/ui/DropArea";
import { placeFiles } from "@/ui/dropped";
import { Icon } from "@/ui/Icon";
import { pickFiles } from "@/ui/pickFile";
import classes from "./Import.module.css";
import { ImportRefused, type Stage, useTavernImport } from "./useTavernImport";
import { ZipTooLarge } from "./zip";

/** The choice of a folder or a zip, and the way of its content to the server. */
export function Chooser() {
  const { t } = useTranslation("transfer");
  const { stage, busy, error, start, stop } = useTavernImport();
  const pickFolder = () => void pickFiles("", true, true).then((files) => start(placeFiles(files)));
  const pickZip = () =>
    void pickFiles(".zip,application/zip", false).then((files) => start(placeFiles(files)));
  return (
    <DropArea label={t("title")} invitation={t("drop")} onDrop={start}>
      <p className={classes.about}>{t("about")}</p>
      <ul className={classes.kinds}>
        <li>{t("brings.characters")}</li>
        <li>{t("brings.chats")}</li>
        <li>{t("brings.lore")}</li>
        <li>{t("brings.rest")}</li>
      </ul>
      {busy ? (
        <Sending stage={stage} onStop={stop} />
      ) : (
        <div className={classes.ways}>
          <Button size="md" leftSection={<Icon name="upload" size={18} />} onClick={pickFolder}>
            {t("folder")}
          </Button>
          <Button size="md" variant="default" onClick={pickZip}>
            {t("zip")}
          </Button>
          <span>{t("orDrop")}</span>
        </div>
      )}
      <div role="alert">{error !== null && <Refusal error={error} />}</div>
      <p className={classes.hint}>{t("where")}</p>
      <p className={classes.hint}>{t("repeat")}</p>
    </DropArea>
  );
}

function Sending({ stage, onStop }: { readonly stage: Stage | null; readonly onStop: () => void }) {
  const { t, i18n } = useTranslation("transfer");
  const name = stage?.name === "sending" ? t("sending") : t("packing");
  const { done, total } = stage ?? { done: 0, total: 0 };
  return (
    <div className={classes.sending}>
      <Progress aria-label={name} value={total === 0 ? 0 : (100 * done) / total} animated />
      <p role="status">{name}</p>
      <span>{`${formatBytes(done, i18n.language)} / ${formatBytes(total, i18n.language)}`}</span>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Icon name="stop" size={14} />}
        onClick={onStop}
      >
        {t("stop")}
      </Button>
    </div>
  );
}

function Refusal({ error }: { readonly error: Error }) {
  const { t, i18n } = useTranslation("transfer");
  return <p className={classes.error}>{tell()}</p>;

  function tell(): string {
    if (error instanceof ApiError && error.isSaid) return error.message;
    if (error instanceof ZipTooLarge) return t("refused.tooMany");
    if (error instanceof ImportRefused)
      return error.reason === "nothing"
        ? t("refused.nothing")
        : t("refused.tooLarge", { limit: formatBytes(error.limit, i18n.language) });
    if (error instanceof DOMException) return t("refused.unreadable", { reason: error.message });
    return t("error.unreachable", { ns: "app" });
  }
}
