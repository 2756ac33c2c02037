#!/usr/bin/env bash
# Asks the programs of others whether they take what is written for CI.
#
# In: a folder or package to look at (this one's example when none is given), a built `cargo-conjoin`, npm, python3.
# Out: 0, or the first complaint. Needs the registries of npm and PyPI; everything is installed into a folder that vanishes.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
subject=${1:-$home/fixtures/packages/profile}
program=${CONJOIN:-${CARGO_TARGET_DIR:-$home/target}/debug/cargo-conjoin}
tools=${CONJOIN_TOOLS:-$(mktemp -d)}
[ -n "${CONJOIN_TOOLS:-}" ] || trap 'rm -rf "$tools"' EXIT
found=$(mktemp -d)

# Microsoft's validator, GitHub's own escaping, and schemas.
if [ ! -d "$tools/node_modules" ]; then
    npm install --silent --prefix "$tools" @microsoft/sarif-multitool@5.7.0 @actions/core@3.0.1 >/dev/null
fi
[ -d "$tools/venv" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/check-jsonschema" --version >/dev/null 2>&1 || "$tools/venv/bin/pip" -q install check-jsonschema
multitool=$tools/node_modules/@microsoft/sarif-multitool-linux
# npm may keep its install script from doing it.
chmod u+x "$multitool/Sarif.Multitool"

for format in sarif github gitlab; do
    "$program" conjoin -q --exit-zero --message-format "$format" --output "$found/$format" "$subject"
done

echo "==> SARIF: the schema"
"$tools/venv/bin/check-jsonschema" --schemafile "$multitool/sarif-2.1.0.json" "$found/sarif"
echo "==> SARIF: Microsoft's rules and GitHub's"
cp "$found/sarif" "$found/found.sarif"
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool/Sarif.Multitool" validate "$found/found.sarif" \
    --rule-kind 'Sarif;Ghas' --output "$found/verdict.sarif" --log ForceOverwrite >"$found/log" || { cat "$found/log"; exit 1; }
python3 - "$found/verdict.sarif" <<'PYTHON'
import json, sys
results = json.load(open(sys.argv[1], encoding="utf-8-sig"))["runs"][0].get("results", [])
for result in results[:20]:
    print(result["ruleId"], result["message"].get("arguments"), result["locations"][0])
sys.exit(f"{len(results)} findings" if results else 0)
PYTHON

echo "==> GitHub: what its toolkit would write"
cat >"$tools/again.mjs" <<'NODE'
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
const core = await import(pathToFileURL(join(process.argv[3], "node_modules/@actions/core/lib/core.js")));
const unescape = (text) => text.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%");
const names = { line: "startLine", col: "startColumn", endLine: "endLine", endColumn: "endColumn", title: "title", file: "file" };
for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  // As the runner reads it: up to the next two colons.
  const [, kind, properties, message] = /^::(\w+) (.*?)::(.*)$/.exec(line);
  const given = Object.fromEntries(properties.split(",").map((pair) => pair.split("=")).map(([key, value]) => [names[key], unescape(value)]));
  core[kind](message.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%"), given);
}
NODE
node "$tools/again.mjs" "$found/github" "$tools" >"$found/github.again"
cmp "$found/github" "$found/github.again"

echo "==> GitLab: unique fingerprints, and what its documentation lists"
python3 - "$found/gitlab" <<'PYTHON'
import json, sys
issues = json.load(open(sys.argv[1]))
assert len({issue["fingerprint"] for issue in issues}) == len(issues)
for issue in issues:
    assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert issue["description"] and issue["check_name"] and issue["location"]["lines"]["begin"] > 0
    assert not issue["location"]["path"].startswith(("/", "./"))
print(len(issues), "issues")
PYTHON
"$tools/venv/bin/check-jsonschema" --builtin-schema vendor.github-actions "$home/action.yml"
echo "everything is taken"
rm -rf "$found"
