#!/usr/bin/env python3
"""Fixes real workspaces, compiles them, and runs their own tests before and after.

In: a program, a list of workspaces (`fixed.tsv`), a folder of git directories, a folder to work in. Out: a line for each
workspace and mode on stdout, tab between fields; on stderr what must not be: a workspace that no longer compiles, a test that
passed before and does not afterwards. Exit code 1 where there is any.

    python3 scoreboard/fixed.py --program target/release/cargo-conjoin --mirror DIR --work DIR [NAME...]

The sources of crates come from the registry into DIR/vendor, unless that is there, those of repositories from the newest
commit below `--mirror` (`OWNER+NAME/repo`). They are compiled and their tests run: this runs code of other people. What was
written is kept as `NAME.MODE.diff`.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import many

HERE = pathlib.Path(__file__).parent
# What runs with `--fix` alone, and with everything that may be incorrect.
MODES = {"sure": ["--fix"], "unsafe": ["--fix", "--unsafe-fixes", "--confidence", "possible"]}
COLUMNS = "name mode commit offered kept refused why tests_before tests_after seconds check_seconds"
OUTCOME = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED)$", re.M)
TEST_SECONDS = 1500


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--mirror", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    rows = [line.split("\t") for line in (HERE / "fixed.tsv").read_text().splitlines() if not line.startswith("#")]
    sources = [source.split() for _, source, *_ in rows]
    many.fetch(args.work, [(*source[1:], "") for source in sources if source[0] == "crate"])
    wrong = 0
    print(*COLUMNS.split(), sep="\t")
    for name, source, folder, packages, tests, variables in rows:
        if args.names and name not in args.names:
            continue
        for complaint in look(args, name, source, folder, packages.split(), tests.split(), variables.split()):
            wrong += 1
            print(f"{name}: {complaint}", file=sys.stderr, flush=True)
        shutil.rmtree(args.work / "target" / name, ignore_errors=True)
    sys.exit(1 if wrong else 0)


def look(args, name, source, folder, packages, tests, variables):
    """Complaints; the rows are printed."""
    tree = args.work.resolve() / name
    shutil.rmtree(tree, ignore_errors=True)
    commit = fetch(args, source, tree)
    git = lambda *words: subprocess.run(["git", "-C", tree, *words], check=True, capture_output=True, text=True).stdout
    git("init", "--quiet")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(args.work.resolve() / "target" / name), "CARGO_PROFILE_DEV_DEBUG": "0",
                   "CARGO_TERM_COLOR": "never", **dict(variable.split("=", 1) for variable in variables)}
    environment.pop("RUSTFLAGS", None)

    def run(*words, **more):
        return subprocess.run(words, cwd=tree / folder, env=environment, capture_output=True, text=True, **more)

    def outcomes():
        if tests == ["-"]:
            return None
        try:
            ran = run("cargo", "test", "--no-fail-fast", *packages, *tests, timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return collections.Counter(OUTCOME.findall(ran.stdout)) or None

    checked = run("cargo", "check", "--all-targets", *packages)
    if checked.returncode != 0:
        return [f"does not build as it is: {checked.stderr.strip()[-300:]}"]
    # With the lock file that cargo may have written.
    git("add", "--all", "--force")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=as it is")
    before = outcomes()
    touch(git("ls-files", "*.rs").splitlines(), tree)
    began = time.monotonic()
    run("cargo", "check", "--all-targets", *packages)
    check_seconds = time.monotonic() - began
    complaints = []
    for mode, options in MODES.items():
        looked = run(args.program.resolve(), *options[1:], "--message-format=json", "--exit-zero", *packages)
        offered, _ = tally(looked.stdout, mode == "sure")
        began = time.monotonic()
        fixed = run(args.program.resolve(), *options, "--message-format=json", "--exit-zero", "--allow-no-vcs", *packages)
        seconds = time.monotonic() - began
        if fixed.returncode != 0:
            complaints.append(f"{mode}: exit code {fixed.returncode}: {fixed.stderr.strip()[-300:]}")
        kept = re.findall(r"^conjoin: fixed (\d+) \w+ in ", fixed.stderr, re.M)
        kept = int(kept[-1]) if kept else 0
        _, refused = tally(fixed.stdout, False)
        diff = git("diff")
        (args.work / f"{name}.{mode}.diff").write_text(diff)
        after = before
        if diff:
            checked = run("cargo", "check", "--all-targets", *packages)
            if checked.returncode != 0:
                complaints.append(f"{mode}: does not compile afterwards: {checked.stderr.strip()[-300:]}")
            if before is not None:
                after = outcomes() or collections.Counter()
                broken = sorted(test for (test, how) in before if how == "ok" and after[test, how] < before[test, how])
                complaints += [f"{mode}: {test} passed before" for test in broken]
        why = ", ".join(f"{count} {reason}" for reason, count in refused.most_common())
        print(name, mode, commit, offered, kept, sum(refused.values()), why or "-", counts(before), counts(after), round(seconds, 1),
              round(check_seconds, 1), sep="\t", flush=True)
        git("checkout", "--quiet", ".")
    return complaints


def fetch(args, source, tree):
    """Writes the sources of a crate or of a repository; the commit or the version."""
    kind, name, *version = source.split()
    if kind == "crate":
        shutil.copytree(args.work / "vendor" / f"{name}-{version[0]}", tree)
        (tree / ".cargo-checksum.json").unlink()
        with (tree / "Cargo.toml").open("a") as manifest:
            manifest.write("\n[workspace]\n")
        return version[0]
    directory = args.mirror / name.replace("/", "+") / "repo"
    commit = subprocess.run(["git", "--git-dir", directory, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    tree.mkdir(parents=True)
    # All that is there: an archive leaves out what is not meant for a release, members of the workspace too.
    index = {**os.environ, "GIT_INDEX_FILE": str(args.work.resolve() / "index")}
    for command in (["read-tree", "HEAD"], ["checkout-index", "--all", "--force", f"--prefix={tree.resolve()}/"]):
        subprocess.run(["git", "--git-dir", directory, *command], env=index, check=True)
    # Another toolchain than this one is not there.
    for pinned in ("rust-toolchain.toml", "rust-toolchain"):
        (tree / pinned).unlink(missing_ok=True)
    return commit[:10]


def touch(names, tree):
    """So that cargo compiles what belongs to the workspace, and nothing else."""
    for name in names:
        if (tree / name).is_file():
            os.utime(tree / name)


def tally(stdout, only_sure):
    """How many findings have a rewrite, and why others have lost theirs."""
    offered, refused = 0, collections.Counter()
    for line in stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") != "compiler-message":
            continue
        children = message["message"]["children"]
        applicabilities = {span["suggestion_applicability"] for child in children for span in child["spans"]}
        offered += "MachineApplicable" in applicabilities if only_sure else bool(applicabilities - {None})
        for child in children:
            if found := re.search(r"does not compile: .*?(E\d{4})|does not compile: (.{1,60})|was not compiled: (.{1,40})", child["message"]):
                refused[next(filter(None, found.groups()))] += 1
    return offered, refused


def counts(outcomes):
    if outcomes is None:
        return "-"
    passed = sum(count for (_, how), count in outcomes.items() if how == "ok")
    return f"{passed}/{sum(outcomes.values())}"


if __name__ == "__main__":
    main()
