/// <reference types="vitest/config" />
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const SERVER = process.env.API_URL ?? "http://127.0.0.1:8000";
const PROXIED = ["/api", "/health", "/docs", "/openapi.json"];

const OUT = "../api/web";

/** Compresses text files at build time, so that the server has nothing to compress. */
const compress: Plugin = {
  name: "compress",
  apply: "build",
  async closeBundle() {
    for (const entry of await readdir(OUT, { recursive: true })) {
      if (!/\.(js|css|html|svg)$/.test(entry)) continue;
      const path = join(OUT, entry);
      const body = await readFile(path);
      await writeFile(`${path}.br`, brotliCompressSync(body));
      await writeFile(`${path}.gz`, gzipSync(body, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), compress],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      ...Object.fromEntries(PROXIED.map((path) => [path, SERVER])),
      // The API's root, which has the URL of the page.
      "^/$": {
        target: SERVER,
        bypass: ({ headers, url }) => (headers.accept?.includes("text/html") ? url : undefined),
      },
    },
  },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    // The page's CSP allows no data: URLs for fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "node", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
