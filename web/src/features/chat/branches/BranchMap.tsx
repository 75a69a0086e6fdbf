import { ActionIcon, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type WheelEvent } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { branchesQuery } from "../api";
import { useOpenChat } from "../context";
import classes from "./BranchMap.module.css";
import { BranchNode } from "./BranchNode";
import { layOut, type Spot } from "./tree";

const COLUMN = 236;
const ROW = 112;
const SMALLEST = 0.4;
const LARGEST = 1.6;

/** Every branch of the chat as a tree. A click travels there; the wheel with Control held, or + and −, zoom. */
export default function BranchMap({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const list = useQuery(branchesQuery(at.chatId));
  const [zoom, setZoom] = useState(1);
  const by = (factor: number) => setZoom((now) => Math.min(LARGEST, Math.max(SMALLEST, now * factor)));
  return (
    <Modal
      opened
      onClose={onClose}
      size="min(72rem, 100%)"
      title={t("map")}
      closeButtonProps={{ "aria-label": t("common.close", { ns: "app" }) }}
    >
      <div className={classes.tools}>
        <p>{t("map.hint")}</p>
        <ActionIcon variant="default" size="lg" aria-label={t("map.out")} onClick={() => by(0.8)}>
          <Icon name="minus" size={18} />
        </ActionIcon>
        <ActionIcon variant="default" size="lg" aria-label={t("map.in")} onClick={() => by(1.25)}>
          <Icon name="plus" size={18} />
        </ActionIcon>
      </div>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && <Tree spots={layOut(list.data)} zoom={zoom} onZoom={by} onTravel={onClose} />}
    </Modal>
  );
}

interface TreeProps {
  readonly spots: readonly Spot[];
  readonly zoom: number;
  readonly onZoom: (factor: number) => void;
  readonly onTravel: () => void;
}

function Tree({ spots, zoom, onZoom, onTravel }: TreeProps) {
  const { t } = useTranslation("chat");
  const all = spots.map((spot) => spot.branch);
  const width = (Math.max(...spots.map((spot) => spot.column)) + 1) * COLUMN;
  const height = (Math.max(...spots.map((spot) => spot.row)) + 1) * ROW;
  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey || event.metaKey) onZoom(event.deltaY > 0 ? 0.9 : 1.1);
  };
  return (
    <section className={classes.view} tabIndex={0} aria-label={t("map")} onWheel={wheel}>
      <div style={{ width: width * zoom, height: height * zoom }}>
        <div className={classes.sheet} style={{ width, height, "--zoom": zoom }}>
          <svg width={width} height={height} aria-hidden="true">
            {spots.map((spot) => spot.parent && <path key={spot.branch.id} d={edge(spot, spot.parent)} />)}
          </svg>
          <ul>
            {spots.map((spot) => (
              <li key={spot.branch.id} style={{ left: spot.column * COLUMN, top: spot.row * ROW }}>
                <BranchNode branch={spot.branch} all={all} onTravel={onTravel} />
              </li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
}

/** From the right side of the parent to the left side of the child, level at both ends. */
function edge(spot: Spot, parent: Spot): string {
  const middle = ROW / 2 - 8;
  const from = { x: parent.column * COLUMN + COLUMN - 28, y: parent.row * ROW + middle };
  const to = { x: spot.column * COLUMN, y: spot.row * ROW + middle };
  const bend = (from.x + to.x) / 2;
  return `M${from.x} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x} ${to.y}`;
}
