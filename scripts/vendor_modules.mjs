// Copies the third-party browser modules into static/vendor and writes their names, versions and checksums.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const target = join(root, "static", "vendor");
const wanted = [
  { name: "streaming-markdown", files: ["smd.js", "license"] },
  { name: "uplot", files: ["dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE"] },
];

function readPackage(name) {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
}

function copyFile(name, file) {
  const copied = basename(file);
  const copy = join(target, name, copied);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(join(root, "node_modules", name, file), copy);
  const sha256 = createHash("sha256").update(readFileSync(copy)).digest("hex");
  return { path: `${name}/${copied}`, sha256 };
}

function copyModule({ name, files }) {
  const { version, license } = readPackage(name);
  return { name, version, license, files: files.map((file) => copyFile(name, file)) };
}

const modules = wanted.map(copyModule);
writeFileSync(join(target, "modules.json"), `${JSON.stringify({ modules }, null, 2)}\n`);
for (const module of modules) console.log(`${module.name} ${module.version}`);
