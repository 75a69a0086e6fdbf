import { TextInput } from "@mantine/core";
import { useState } from "react";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onSave: (value: string) => void;
}

/** A line of text that is saved when it is left, or by Enter. */
export function SavedText({ label, value, onSave }: Props) {
  const [text, setText] = useState(value);
  const save = () => {
    if (text.trim() !== value) onSave(text.trim());
  };
  return (
    <TextInput
      label={label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => event.key === "Enter" && !event.nativeEvent.isComposing && save()}
    />
  );
}
