import { type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language } from "@/i18n";
import { Icon, type IconName } from "@/ui/Icon";
import { useLanguage } from "./useLanguage";

const SCHEMES = [
  { scheme: "light", icon: "sun", title: "scheme.light" },
  { scheme: "dark", icon: "moon", title: "scheme.dark" },
  { scheme: "auto", icon: "screen", title: "scheme.auto" },
] as const satisfies readonly { scheme: string; icon: IconName; title: string }[];

// Each language calls itself by its own name.
const NAMES: Readonly<Record<Language, string>> = { en: "English", ru: "Русский" };

export function SettingsMenu({ className }: { readonly className: string }) {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [language, setLanguage] = useLanguage();
  return (
    <Menu
      returnFocus
      withInitialFocusPlaceholder={false}
      position="right-end"
      withinPortal={false}
      shadow="md"
    >
      <Menu.Target>
        <button type="button" className={className}>
          <Icon name="gear" size={22} />
          <span>{t("menu.open")}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
        >
          <Menu.Label>{t("scheme.label")}</Menu.Label>
          {SCHEMES.map(({ scheme, icon, title }) => (
            <Menu.RadioItem key={scheme} value={scheme} rightSection={<Icon name={icon} size={16} />}>
              {t(title)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.RadioGroup value={language} onChange={(value) => setLanguage(value as Language)}>
          <Menu.Label>{t("language.label")}</Menu.Label>
          {LANGUAGES.map((code) => (
            <Menu.RadioItem key={code} lang={code} value={code}>
              {NAMES[code]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
