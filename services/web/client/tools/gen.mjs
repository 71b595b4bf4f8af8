// Writes src/shared/api/schema.d.ts from the portal's OpenAPI document; with --check it only tells whether that file is stale.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const document = at("../../../../docs/api/portal.json");
const generator = at("../node_modules/openapi-typescript/bin/cli.js");
const extra = process.argv.includes("--check") ? ["--check"] : [];
const run = spawnSync(
  process.execPath,
  [generator, document, "-o", at("../src/shared/api/schema.d.ts"), ...extra],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
