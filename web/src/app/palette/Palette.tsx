import { Modal } from "@mantine/core";
import { type KeyboardEvent, useId, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { type Command, commands, filterCommands } from "../commands";
import { Keys } from "./Keys";
import { useHits } from "./useHits";
import classes from "./Palette.module.css";

interface Offer extends Command {
  readonly note?: string;
}

/** All commands of the moment and what the workspace holds, found by typing. The field keeps the focus; arrows move the choice. */
export default function Palette({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const all = useSyncExternalStore(commands.watch, commands.read);
  const hits = useHits(query);
  const matching = filterCommands(all, query).filter((command) => command.id !== "palette");
  const found: readonly Offer[] = [...matching, ...hits];
  const at = Math.min(chosen, found.length - 1);

  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal.Root opened onClose={onClose} yOffset="12vh" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label={t("palette.open")}>
        <input
          className={classes.field}
          data-autofocus
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-label={t("palette.search")}
          placeholder={t("palette.search")}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={press}
        />
        <div id={id} role="listbox" aria-label={t("palette.open")} className={classes.list}>
          {found.map((command, index) => (
            <div
              key={command.id}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              ref={(item) => {
                if (index === at) item?.scrollIntoView({ block: "nearest" });
              }}
              onPointerMove={() => setChosen(index)}
              onClick={() => run(command)}
            >
              <span>{command.title}</span>
              {command.note !== undefined && <small>{command.note}</small>}
              {command.keys !== undefined && <Keys keys={command.keys} />}
            </div>
          ))}
        </div>
        {found.length === 0 && <p className={classes.none}>{t("palette.empty")}</p>}
      </Modal.Content>
    </Modal.Root>
  );
}
