import { ActionIcon, Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Editor.module.css";
import { type PartProps, readText, readTexts } from "./spec";
import { TextBox } from "./TextBox";

/** How a chat may begin: the first greeting, the others, and those for a group only. */
export function Greetings({ spec, set }: PartProps) {
  const { t } = useTranslation("characters");
  return (
    <div className={classes.fields}>
      <TextBox
        label={t("field.first_mes")}
        rows={6}
        value={readText(spec, "first_mes")}
        onChange={(value) => set({ first_mes: value })}
      />
      <TextList
        spec={spec}
        set={set}
        field="alternate_greetings"
        name={(number) => t("greeting", { number: number + 1 })}
      />
      <details>
        <summary>{t("greetings.group")}</summary>
        <div className={classes.fields}>
          <TextList
            spec={spec}
            set={set}
            field="group_only_greetings"
            name={(number) => t("greeting", { number })}
          />
        </div>
      </details>
    </div>
  );
}

interface ListProps extends PartProps {
  readonly field: string;
  readonly name: (number: number) => string;
}

function TextList({ spec, set, field, name }: ListProps) {
  const { t } = useTranslation("characters");
  const texts = readTexts(spec, field);
  return (
    <>
      {texts.map((text, index) => (
        <div key={index} className={classes.removable}>
          <TextBox
            label={name(index + 1)}
            value={text}
            onChange={(value) => set({ [field]: texts.map((old, at) => (at === index ? value : old)) })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t("remove", { name: name(index + 1) })}
            onClick={() => set({ [field]: texts.filter((_, at) => at !== index) })}
          >
            <Icon name="trash" size={18} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => set({ [field]: [...texts, ""] })}
        >
          {t("greeting.add")}
        </Button>
      </div>
    </>
  );
}
