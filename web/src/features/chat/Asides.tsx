import { lazy, type ReactNode, Suspense } from "react";
import type { Chat } from "@/api/client";
import type { Aside } from "./context";

const BranchMap = lazy(() => import("./branches/BranchMap"));
const ChatSettings = lazy(() => import("./settings/ChatSettings"));
const VariantPicker = lazy(() => import("./VariantPicker"));
const Why = lazy(() => import("./Why"));

interface Props {
  readonly chat: Chat;
  readonly aside: Aside;
  readonly onClose: () => void;
}

/** What lies over a chat. Each is loaded when it is first opened. */
export default function Asides(props: Props) {
  return <Suspense>{choose(props)}</Suspense>;
}

function choose({ chat, aside, onClose }: Props): ReactNode {
  switch (aside.kind) {
    case "settings":
      return <ChatSettings chat={chat} onClose={onClose} />;
    case "map":
      return <BranchMap onClose={onClose} />;
    case "variants":
      return <VariantPicker message={aside.message} onClose={onClose} />;
    case "why":
      return <Why message={aside.message} onClose={onClose} />;
  }
}
