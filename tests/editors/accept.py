"""Whether rust-analyzer takes what `--message-format=json` says of real code.

In: rust-analyzer, the folder of a package, and options for `cargo conjoin`. Out: a line for each thing looked at, and 1 when
one of them is not as it should be.

On a copy of the package, once as it is and once with line ends of Windows and signs beyond ASCII before each finding:
every finding arrives at its place with its code and severity and nothing else does; each rewrite is offered where the
finding stands, as sure as it is; the edit of the editor is the one that the bytes say; and what it gives passes a check."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from client import Client, applied, edits_of, uri

SOURCE = "conjoin"
SEVERITIES = {"error": 1, "warning": 2}

words = argparse.ArgumentParser()
words.add_argument("--analyzer", required=True)
words.add_argument("--root", required=True, type=pathlib.Path)
words.add_argument("--route", choices=["overrideCommand", "command"], required=True)
words.add_argument("--check", help="a command that the changed package must pass")
words.add_argument("options", nargs=argparse.REMAINDER)
args = words.parse_args()
options = [word for word in args.options if word != "--"]
wrong = []


def see(is_so, what, more=""):
    print(f"    {'ok   ' if is_so else 'WRONG'} {what} {more if not is_so else ''}", flush=True)
    if not is_so:
        wrong.append(what)


def found(root):
    """What the command says, as editors ask for it."""
    command = ["cargo", "conjoin", "--workspace", "--all-targets", "--message-format=json", *options]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    messages = [line["message"] for line in lines if line["reason"] == "compiler-message"]
    see(ran.returncode == 1, "findings are exit code 1", ran.stderr)
    return [message for message in messages if (message["code"] or {}).get("code", "").startswith(f"{SOURCE}::")]


def primary(message):
    return next(span for span in message["spans"] if span["is_primary"])


def agrees(root, span):
    """Bytes, line, column and text of a span are about one place."""
    raw = (root / span["file_name"]).read_bytes()
    before = raw[: span["byte_start"]]
    line, column = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode()) + 1
    lines = [text.rstrip("\r") for text in raw.decode().split("\n")][span["line_start"] - 1 : span["line_end"]]
    return (span["line_start"], span["column_start"]) == (line, column) and [text["text"] for text in span["text"]] == lines


def by_bytes(root, spans):
    raw = (root / spans[0]["file_name"]).read_bytes()
    for span in sorted(spans, key=lambda span: span["byte_start"], reverse=True):
        raw = raw[: span["byte_start"]] + span["suggested_replacement"].encode() + raw[span["byte_end"] :]
    return raw.decode()


def place(text, span):
    line = text.split("\n")[span["line_start"] - 1][: span["column_start"] - 1]
    return {"line": span["line_start"] - 1, "character": len(line.encode("utf-16-le")) // 2}


def settings(route):
    check = {"overrideCommand": ["cargo", "conjoin", "--workspace", "--all-targets", "--message-format=json", *options]}
    if route == "command":
        check = {"command": "conjoin", "extraArgs": options}
    return {
        "check": check,
        "procMacro": {"enable": False},
        "cachePriming": {"enable": False},
        "cargo": {"buildScripts": {"enable": False}, "noDeps": True},
    }


def look(root):
    messages = found(root)
    for message in messages:
        spans = message["spans"] + [span for child in message["children"] for span in child["spans"]]
        see(all(agrees(root, span) for span in spans), "all numbers of a place agree", spans)
    editor = Client([args.analyzer], root, settings(args.route))
    editor.greet()
    files = sorted({primary(message)["file_name"] for message in messages})
    for name in files:
        editor.open(root / name)
    editor.ready()
    editor.save(root / files[0])
    for name in files:
        look_at(editor, root, root / name, [message for message in messages if primary(message)["file_name"] == name])
    editor.leave()


def look_at(editor, root, file, messages):
    text = file.read_bytes().decode()
    want = [(place(text, primary(one)), one["code"]["code"].split("::")[1], SEVERITIES[one["level"]]) for one in messages]

    def have():
        all = editor.shown.get(uri(file), [])
        all = [one for one in all if one.get("source") == SOURCE and one["severity"] <= 2]
        return [(one["range"]["start"], one["code"], one["severity"]) for one in all]

    is_so = editor.comes(lambda: sorted(want, key=str) == sorted(have(), key=str))
    see(is_so, f"{file.relative_to(root)}: {len(want)} findings at their places", f"{want} {have()}")
    for message in messages:
        for child in message["children"]:
            if child["spans"]:
                rewrite(editor, root, file, text, message, child)


def rewrite(editor, root, file, text, message, child):
    sure = {span["suggestion_applicability"] for span in child["spans"]}
    # While a check runs, there are none.
    for _ in range(100):
        offered = editor.actions(file, place(text, primary(message)))
        offered = [one for one in offered if one["title"].startswith(child["message"])]
        if offered:
            break
        time.sleep(0.2)
    see(len(offered) >= 1 and len(sure) == 1, "its rewrite is offered where it stands", offered)
    want = by_bytes(root, child["spans"])
    own = [one for one in offered if applied(text, edits_of(one, file)) == want]
    see(len(own) == 1, "the editor edits what the bytes say")
    is_sure = sure == {"MachineApplicable"}
    see(all(bool(one.get("isPreferred")) == is_sure for one in own), "it is preferred when it is sure")
    if args.check and is_sure:
        before = file.read_bytes()
        file.write_bytes(want.encode())
        ran = subprocess.run(args.check, shell=True, cwd=root, capture_output=True, text=True)
        file.write_bytes(before)
        see(ran.returncode == 0, "what it gives passes the check", ran.stderr[-2000:])


def made_odd(root):
    """Line ends of Windows, and signs of two, three and four bytes in front of each finding."""
    for name in {primary(message)["file_name"] for message in found(root)}:
        lines = (root / name).read_text().split("\n")
        for message in found(root):
            span = primary(message)
            if span["file_name"] == name and "/* ä€🦀 */" not in lines[span["line_start"] - 1]:
                lines[span["line_start"] - 1] = "/* ä€🦀 */" + lines[span["line_start"] - 1]
        (root / name).write_bytes("\r\n".join(lines).encode())


with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder) / "package"
    shutil.copytree(args.root, root, ignore=shutil.ignore_patterns("target", ".git"))
    print(f"  as it is, {args.route}")
    look(root)
    print(f"  with CRLF and beyond ASCII, {args.route}")
    made_odd(root)
    look(root)
sys.exit(bool(wrong))
