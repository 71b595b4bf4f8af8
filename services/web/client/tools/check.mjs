// Everything that must hold before a change of the client is committed; the first failure ends it.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const CATALOGUES = ["", "account/", "metering/", "operator/"].flatMap((area) => [
  `src/locales/${area}ru.po`,
  `src/locales/${area}en.po`,
]);

const catalogues = () => CATALOGUES.map((path) => readFileSync(`${root}/${path}`, "utf8")).join("\n");
const node = (name, ...args) => {
  console.log(`— ${name}`);
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (run.status !== 0) fail(name);
};
const fail = (name) => {
  console.error(`✗ ${name}`);
  process.exit(1);
};

node("API types are those of the OpenAPI document", "tools/gen.mjs", "--check");
node("lint and format", "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", ".");
node("types", "node_modules/ts7/bin/tsc", "--noEmit");

const before = catalogues();
const lingui = "node_modules/@lingui/cli/dist/lingui.js";
node("texts are extracted", lingui, "extract", "--clean");
if (catalogues() !== before) fail("texts changed: commit src/locales after `npm run messages`");
node("texts are translated", lingui, "compile", "--strict");
// The build compiles the catalogues itself; what this step wrote is of no use.
for (const path of CATALOGUES) rmSync(`${root}/${path.replace(".po", ".js")}`, { force: true });
node("unit tests", "node_modules/vitest/vitest.mjs", "run");
node("build", "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn");
node("compress", "tools/compress.mjs");
node("budgets", "tools/budgets.mjs");
