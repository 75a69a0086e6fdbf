// What other features may use of this one.
export { ChatList } from "./ChatList";
