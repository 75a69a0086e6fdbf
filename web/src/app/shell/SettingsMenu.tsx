import { Menu, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Language } from "@/i18n";
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
    <Menu position="right-end" withinPortal shadow="md">
      <Menu.Target>
        <button type="button" className={className}>
          <Icon name="gear" size={22} />
          <span>{t("menu.open")}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("scheme.label")}</Menu.Label>
        {SCHEMES.map(({ scheme, icon, title }) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Icon name={icon} size={16} />}
            rightSection={colorScheme === scheme && <Icon name="check" size={16} />}
            onClick={() => setColorScheme(scheme)}
          >
            {t(title)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t("language.label")}</Menu.Label>
        {(["en", "ru"] as const).map((code) => (
          <Menu.Item
            key={code}
            lang={code}
            role="menuitemradio"
            aria-checked={language === code}
            rightSection={language === code && <Icon name="check" size={16} />}
            onClick={() => setLanguage(code)}
          >
            {NAMES[code]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
