import { ActionIcon } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { readStored, store } from "@/app/storage";
import { Icon } from "@/ui/Icon";
import classes from "./FirstSteps.module.css";

const KEY = "fabula.toured";

/** The road through the page in four steps, for whoever is new; closed once, it stays closed in this browser. */
export function FirstSteps() {
  const { t } = useTranslation("characters");
  const [done, setDone] = useState(() => readStored(KEY) !== null);
  if (done) return null;
  const close = () => {
    store(KEY, "yes");
    setDone(true);
  };
  return (
    <section className={classes.steps} aria-labelledby="first-steps">
      <header>
        <h2 id="first-steps">{t("tour")}</h2>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("tour.skip")}
          title={t("tour.skip")}
          onClick={close}
        >
          <Icon name="close" size={16} />
        </ActionIcon>
      </header>
      <ol>
        <li>{t("tour.chat")}</li>
        <li>{t("tour.swipe")}</li>
        <li>
          <Link to="/workshop/connections">{t("tour.model")}</Link>
        </li>
        <li className={classes.keys}>{t("tour.keys")}</li>
      </ol>
    </section>
  );
}
