import { useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { workspaceEvents } from "../server";
import classes from "./ConnectionBanner.module.css";

// A restart of the server often takes less than this, and then there is nothing to say.
const PATIENCE_MS = 1_500;
const HIDDEN_GRACE_MS = 30_000;

export function ConnectionBanner() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(watchNetwork, () => navigator.onLine);
  const line = useSyncExternalStore(workspaceEvents.watch, workspaceEvents.readState);
  useConnection();
  const away = useDelayed(!online || line === "lost", online ? PATIENCE_MS : 0);
  return (
    <div role="status" className={classes.place}>
      {away && <p className={classes.banner}>{online ? t("line.lost") : t("line.offline")}</p>}
    </div>
  );
}

/** Connected while the page is looked at: a hidden page gives its place among the browser's six back. */
function useConnection(): void {
  useEffect(() => {
    let leaving: ReturnType<typeof setTimeout> | undefined;
    const follow = () => {
      clearTimeout(leaving);
      if (document.hidden) leaving = setTimeout(() => workspaceEvents.stop(), HIDDEN_GRACE_MS);
      else workspaceEvents.start();
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearTimeout(leaving);
      document.removeEventListener("visibilitychange", follow);
      workspaceEvents.stop();
    };
  }, []);
}

function watchNetwork(changed: () => void): () => void {
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}

/** True once `value` has been true for `delay`; false at once. */
function useDelayed(value: boolean, delay: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!value) return;
    const timer = setTimeout(() => setLate(true), delay);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [value, delay]);
  return value && late;
}
