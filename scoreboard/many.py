#!/usr/bin/env python3
"""Runs the linter over hundreds of crates and says what each took.

In: a program, a list of crates (`many.tsv`: name, version, kind), folders of other code. Out: a line for each on stdout, tab
between fields: name, version, files, lines, milliseconds of processor time, peak memory in MiB, findings, unread files;
on stderr what must not be: a panic, a signal, exit code 2, a file that rustc would read and this program does not.
Exit code 1 where there is any.

    python3 scoreboard/many.py --program target/release/cargo-conjoin --crates scoreboard/many.tsv --work DIR [TREE...]

The crates are fetched with `cargo vendor` into DIR/vendor, unless that is there. A TREE is looked at where its outermost
manifest is. Nothing that is looked at is run. Figures hold what cargo takes to read the manifest.
"""

import argparse
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 600
# Shorter ones say more about starting a program than about reading code.
ENOUGH_LINES = 3000
SUMMARY = re.compile(r"([\d,]+) files? and ([\d,]+) lines? in ")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--crates", type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--findings", type=pathlib.Path, help="a folder for what is said of each")
    parser.add_argument("trees", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    wanted = []
    if args.crates:
        crates = [line.split("\t") for line in args.crates.read_text().splitlines() if not line.startswith("#")]
        fetch(args.work, crates)
        wanted += [(name, version, args.work / "vendor" / f"{name}-{version}") for name, version, _ in crates]
    wanted += [(tree.name, "", manifest_folder(tree)) for tree in args.trees]
    rows, wrong = [], 0
    print("name\tversion\tfiles\tlines\tms\tMiB\tfindings\tunread")
    for name, version, folder in wanted:
        row, complaints = look(args.program.resolve(), folder, args.findings and args.findings / f"{name}-{version}.txt")
        rows.append((name, *row))
        print(name, version, *row, sep="\t", flush=True)
        for complaint in complaints:
            wrong += 1
            print(f"{name} {version}: {complaint}", file=sys.stderr)
    summarise(rows)
    sys.exit(1 if wrong else 0)


def fetch(work, crates):
    """All crates as dependencies of an empty package, exactly in the versions of the list."""
    if (work / "vendor").exists():
        return
    (work / "seed/src").mkdir(parents=True, exist_ok=True)
    (work / "seed/src/lib.rs").write_text("")
    lines = [f'c{number} = {{ package = "{name}", version = "={version}", default-features = false }}\n'
             for number, (name, version, _) in enumerate(crates)]
    head = '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
    (work / "seed/Cargo.toml").write_text(head + "".join(lines))
    command = ["cargo", "vendor", "--quiet", "--versioned-dirs", str((work / "vendor").resolve())]
    subprocess.run(command, cwd=work / "seed", check=True, stdout=subprocess.DEVNULL)


def manifest_folder(tree):
    """The folder of the outermost manifest, which not every repository has at its top."""
    manifests = sorted(tree.rglob("Cargo.toml"), key=lambda path: (len(path.parts), path))
    return manifests[0].parent if manifests else tree


def look(program, folder, findings):
    # At the lowest confidence all there is to do is done.
    words = ["--all-targets", "--workspace", "--exit-zero", "--confidence=possible", "--message-format=short", "-v"]
    words += ["--config=net.offline=true", "-Wunbounded_join", "-Wblocking_twin", "-j1"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([program, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS,) * 2))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, told = out.read().decode(), err.read().decode()
    if findings:
        findings.parent.mkdir(parents=True, exist_ok=True)
        findings.write_text(said + told)
    summary = SUMMARY.search(told)
    files, lines = (int(number.replace(",", "")) for number in summary.groups()) if summary else (0, 0)
    unread = [line for line in told.splitlines() if line.startswith("warning: ")]
    complaints = []
    if process.returncode != 0:
        complaints.append(f"exit code {process.returncode}: {told.strip()[:300]}")
    if "panicked" in told:
        complaints.append(told.strip()[:600])
    complaints += [line for line in unread if is_read_by_rustc(folder, line)]
    row = (files, lines, round((used.ru_utime + used.ru_stime) * 1000), used.ru_maxrss // 1024, said.count("\n"), len(unread))
    return row, complaints


def is_read_by_rustc(folder, line):
    """Whether rustc parses the file that a warning is about, in any edition. Templates and tests of compilers are no Rust."""
    place = re.match(r"warning: (.+?\.rs)(:\d+:\d+)? ", line)
    if not place or not (folder / place[1]).is_file():
        return False
    command = ["rustc", "-Zparse-crate-only", "--crate-type=lib", str((folder / place[1]).resolve())]
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    editions = [[*command, f"--edition={edition}"] for edition in (2015, 2018, 2021, 2024)]
    return any(subprocess.run(edition, env=environment, capture_output=True).returncode == 0 for edition in editions)


def summarise(rows):
    def median(values):
        return statistics.median(values) if values else 0

    large = [(ms * 1000 / lines, name, lines) for name, files, lines, ms, *_ in rows if lines >= ENOUGH_LINES]
    say = lambda text: print(text, file=sys.stderr)
    say(f"{len(rows)} looked at, {sum(row[2] for row in rows)} lines, {sum(row[5] for row in rows)} findings, "
        f"{sum(row[6] for row in rows)} files unread")
    say(f"ms: median {median([row[3] for row in rows])}, most {max(row[3] for row in rows)}")
    say(f"MiB: median {median([row[4] for row in rows])}, most {max(row[4] for row in rows)}")
    if large:
        say(f"ms for 1,000 lines, of {len(large)} with at least {ENOUGH_LINES} lines: median {median([l[0] for l in large]):.2f}")
        for rate, name, lines in sorted(large, reverse=True)[:10]:
            say(f"  {rate:.2f} {name} ({lines} lines)")


if __name__ == "__main__":
    main()
