import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.FABULA_DEV_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The page is served under `default-src 'self'`: nothing may be inlined as a data: address.
  build: { target: "es2022", assetsInlineLimit: 0, manifest: true, reportCompressedSize: false },
  // The example character lies beside `web/`, where the server takes it from too.
  server: { proxy: { "/v1": server, "/config": server }, fs: { allow: [".."] } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
