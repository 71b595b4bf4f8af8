// Writes .br and .gz beside every compressible asset of the build, so that the file server only sends bytes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const assets = fileURLToPath(new URL("../dist/assets/", import.meta.url));
const COMPRESSIBLE = new Set([".js", ".css", ".svg", ".json"]);

for (const name of readdirSync(assets)) {
  if (!COMPRESSIBLE.has(extname(name))) continue;
  const bytes = readFileSync(join(assets, name));
  const brotli = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params: brotli }));
  writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
