// Runs before the first paint, so a chosen theme or language never flashes the other one. It is a file of
// its own because the content security policy allows no inline script. The keys are those of
// src/theme/scheme.ts and src/i18n/index.ts; theme.test.ts keeps them equal.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is forbidden in some private windows: the system's choice stands
    }
  };
  const chosen = read("fabula.scheme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  root.setAttribute("data-mantine-color-scheme", scheme);
  const language = read("fabula.language") ?? navigator.language;
  root.lang = language.startsWith("ru") ? "ru" : "en";
})();
