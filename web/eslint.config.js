import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist/", "src/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [ts.configs.strictTypeChecked, hooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: false, skipComments: false }],
      complexity: ["error", 15],
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // An arrow that only calls is the shape of an event handler.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `.catch(tell)` and thrown route redirects are the library's way.
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  { files: ["**/*.tsx"], rules: { "max-lines": ["error", 200] } },
  {
    files: ["**/*.test.ts"],
    rules: {
      "max-lines": ["error", 600],
      // Stand-ins for the network are async by type, and letters are cut apart on purpose.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-misused-spread": "off",
    },
  },
  {
    files: ["public/**"],
    languageOptions: {
      sourceType: "script",
      globals: {
        document: "readonly",
        localStorage: "readonly",
        matchMedia: "readonly",
        navigator: "readonly",
      },
    },
  },
  {
    files: ["scripts/**"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
);
