import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";

/** Russet, the colour of a leather binding: the one accent of the page. */
const russet: MantineColorsTuple = [
  "#fdf2ec",
  "#f6e1d7",
  "#eec1ac",
  "#e69f7f",
  "#df835a",
  "#d8714a",
  "#b9542f",
  "#8f3d26",
  "#7a3320",
  "#62281a",
];

/** Mantine's greys, warmed to the colour of paper and of ink. */
const gray: MantineColorsTuple = [
  "#faf7f2",
  "#f4efe7",
  "#ebe4d9",
  "#ddd4c6",
  "#cbc0af",
  "#a99f90",
  "#857a6b",
  "#6a6255",
  "#4a4339",
  "#27221b",
];
const dark: MantineColorsTuple = [
  "#ece5da",
  "#c9bfb0",
  "#a99f90",
  "#6e6457",
  "#4a4239",
  "#352f28",
  "#29241f",
  "#201c18",
  "#171411",
  "#110f0d",
];

export const SCHEME_KEY = "fabula.scheme";
export const schemeManager = localStorageColorSchemeManager({ key: SCHEME_KEY });

export const theme = createTheme({
  colors: { russet, gray, dark },
  primaryColor: "russet",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "var(--font-ui)",
  headings: { fontFamily: "var(--font-story)", fontWeight: "600" },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Modal: {
      styles: { content: { background: "var(--surface)" }, header: { background: "var(--surface)" } },
    },
  },
});

/** Mantine's own surfaces take our tokens, which `tokens.css` sets for light and dark. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--paper)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-soft)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-placeholder": "var(--ink-soft)",
    "--mantine-color-error": "var(--danger)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-russet-light": "var(--accent-wash)",
    "--mantine-color-russet-light-hover": "var(--accent-wash)",
    "--mantine-color-russet-light-color": "var(--accent)",
    "--mantine-color-russet-text": "var(--accent)",
    "--mantine-color-disabled": "var(--hover)",
    "--mantine-color-disabled-color": "var(--ink-soft)",
  };
  return { variables: {}, light: shared, dark: shared };
};
