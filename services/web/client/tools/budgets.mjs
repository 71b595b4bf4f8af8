// Adds up the gzipped bytes that each journey loads and fails when one is over its budget (KiB).
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, "utf8"));
const PAGE = (path) => `src/features/${path}.tsx`;
const LANGUAGE = "src/locales/ru.po";

const login = filesOf(["index.html", LANGUAGE, PAGE("auth/SignInPage")]);
const home = filesOf(["index.html", LANGUAGE, "src/app/Shell.tsx", PAGE("home/HomePage")]);
const profile = filesOf([
  "index.html",
  LANGUAGE,
  "src/app/Shell.tsx",
  PAGE("points/PointPage"),
  PAGE("profile/ProfileTab"),
  "src/locales/metering/ru.po",
]);
const fonts = [...home].filter((file) => file.endsWith(".woff2"));
const css = (files) => kib([...files].filter((file) => file.endsWith(".css")));
const js = (files) => kib([...files].filter((file) => file.endsWith(".js")));

const rows = [
  ["login JS", js(login), 160],
  ["home JS", js(home), 220],
  ["home CSS", css(home), 20],
  ["fonts", kib(fonts), 60],
  ["home, everything", js(home) + css(home) + kib(fonts), 320],
  ["profile after home", kib([...profile].filter((file) => !home.has(file))), 75],
  ["largest route chunk", Math.max(...routeChunks().map((file) => kib([file]))), 60],
];

let failed = false;
for (const [name, size, budget] of rows) {
  const over = size > budget;
  failed ||= over;
  console.log(
    `${over ? "OVER" : "ok  "}  ${name.padEnd(22)} ${size.toFixed(1).padStart(6)} of ${budget} KiB`,
  );
}
process.exit(failed ? 1 : 0);

function filesOf(keys) {
  const files = new Set();
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`the build has no ${key}`);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  keys.forEach(visit);
  return files;
}

function routeChunks() {
  return Object.values(manifest)
    .filter((chunk) => chunk.isDynamicEntry && chunk.file.endsWith(".js"))
    .map((chunk) => chunk.file);
}

function kib(files) {
  let bytes = 0;
  for (const file of files)
    bytes += statSync(existsSync(`${dist}${file}.gz`) ? `${dist}${file}.gz` : `${dist}${file}`).size;
  return bytes / 1024;
}
