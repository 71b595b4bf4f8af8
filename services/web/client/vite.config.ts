import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = process.env.HALFHOUR_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), lingui({ macroTransform: true, failOnMissing: true, failOnCompileError: true })],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 2048,
    rolldownOptions: {
      input: ["index.html", "api-docs.html"],
      output: {
        codeSplitting: {
          groups: [
            { name: "framework", test: /node_modules\/(react|react-dom|scheduler|@tanstack|@lingui)\// },
            {
              name: "inputs",
              test: /node_modules\/@mantine\/core\/.*\/(Input|InputBase|TextInput|PasswordInput|ActionIcon)\//,
            },
            {
              name: "shared",
              test: /src\/shared\/(api|i18n|time|units|ui\/(?!DateField|PeriodStepper))|src\/features\/\w+\/(view|search)\.ts/,
            },
          ],
        },
      },
    },
  },
  server: { port: 5173, strictPort: true, proxy: { "/api": gateway } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
    setupFiles: ["src/testing/setup.ts"],
  },
});
