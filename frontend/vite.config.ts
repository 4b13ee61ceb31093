/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.API_URL ?? "http://127.0.0.1:8000";
const PROXIED = ["/api", "/health", "/docs", "/openapi.json"];

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(PROXIED.map((path) => [path, SERVER])),
  },
  build: {
    outDir: "../api/web",
    emptyOutDir: true,
    target: "es2022",
    // The page's CSP allows no data: for fonts and scripts, so that everything stays a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "node", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
