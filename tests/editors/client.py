"""What speaks for an editor: a client of a language server on its standard streams.

In: a command, and what the editor can. Out: what the server publishes, and its answers."""

import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

PATIENCE = 180
"""Seconds until something that must come is given up: a guard, never part of a result."""


def uri(path):
    return "file://" + urllib.parse.quote(str(path))


class Client:
    def __init__(self, command, root, settings=None, encodings=("utf-16",)):
        self.root, self.settings = pathlib.Path(root), settings or {}
        self.encodings = list(encodings)
        self.requests, self.answers, self.shown = 0, {}, {}
        self.checks = {"begin": 0, "end": 0}
        self.versions, self.statuses, self.last = {}, [], None
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _listen(self):
        stream = self.process.stdout
        while True:
            length = None
            while line := stream.readline().strip():
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                return
            self._take(json.loads(stream.read(length)))

    def _take(self, message):
        with self.news:
            method, params = message.get("method"), message.get("params") or {}
            if method and "id" in message:
                result = [self._setting(item.get("section")) for item in params["items"]] if method == "workspace/configuration" else None
                self._send({"id": message["id"], "result": result})
            elif method == "textDocument/publishDiagnostics":
                self.shown[params["uri"]] = params["diagnostics"]
                self.versions[params["uri"]] = params.get("version")
            elif method == "$/progress" and "flycheck" in str(params["token"]).lower():
                self.checks[params["value"]["kind"]] = self.checks.get(params["value"]["kind"], 0) + 1
            elif method == "experimental/serverStatus":
                self.statuses.append(params)
            elif not method:
                self.answers[message["id"]] = message
            self.news.notify_all()

    def _setting(self, section):
        value = self.settings
        for word in (section or "").split(".")[1:]:
            value = value.get(word) if isinstance(value, dict) else None
        return value

    def wait(self, is_there, what):
        with self.news:
            if not self.news.wait_for(is_there, PATIENCE):
                raise TimeoutError(what)

    def comes(self, is_there, patience=PATIENCE):
        """Whether something comes to be so in time."""
        with self.news:
            return self.news.wait_for(is_there, patience)

    def notify(self, method, params):
        self._send({"method": method, "params": params})

    def request(self, method, params):
        self.requests += 1
        number = self.requests
        self._send({"id": number, "method": method, "params": params})
        self.wait(lambda: number in self.answers, method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def greet(self):
        capabilities = {
            "general": {"positionEncodings": self.encodings},
            "workspace": {"configuration": True, "workspaceFolders": True, "workspaceEdit": {"documentChanges": True}},
            "textDocument": {
                "publishDiagnostics": {"relatedInformation": True},
                "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix"]}},
                    "isPreferredSupport": True,
                    "dataSupport": True,
                    "resolveSupport": {"properties": ["edit"]},
                },
            },
            "window": {"workDoneProgress": True},
            "experimental": {"serverStatusNotification": True},
        }
        folders = [{"uri": uri(self.root), "name": "it"}]
        welcome = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri(self.root),
                "workspaceFolders": folders,
                "capabilities": capabilities,
                "initializationOptions": self.settings,
            },
        )
        self.notify("initialized", {})
        return welcome

    def open(self, path):
        text = path.read_bytes().decode()
        document = {"uri": uri(path), "languageId": "rust", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, path, version, text):
        document = {"uri": uri(path), "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def save(self, path):
        """Saves, and waits until the check that follows has ended."""
        ended = self.checks["end"]
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri(path)}})
        self.wait(lambda: self.checks["end"] > ended, "the end of a check")

    def ready(self):
        """Waits until rust-analyzer has read the workspace and its first checks have ended."""
        self.wait(lambda: any(status.get("quiescent") for status in self.statuses), "a quiescent server")

    def actions(self, path, place):
        params = {
            "textDocument": {"uri": uri(path)},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        return self.request("textDocument/codeAction", params) or []

    def leave(self):
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            return self.process.wait(10)
        except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            return None


def _units(line, column, encoding):
    """The number of characters of a line that so many units are."""
    if encoding == "utf-8":
        return len(line.encode()[:column].decode())
    return len(line.encode("utf-16-le")[: column * 2].decode("utf-16-le"))


def applied(text, edits, encoding="utf-16"):
    """Makes the edits of an action in a text; they may not overlap."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place):
        return starts[place["line"]] + _units(lines[place["line"]], place["character"], encoding)

    order = sorted((offset(e["range"]["start"]), offset(e["range"]["end"]), e["newText"]) for e in edits)
    parts, at = [], 0
    for start, end, new in order:
        assert start >= at, "edits overlap"
        parts += [text[at:start], new]
        at = end
    return "".join(parts) + text[at:]


def edits_of(action, path):
    """The edits of an action in a file, in either of the two ways to write them."""
    edit = action.get("edit") or {}
    changes = list((edit.get("changes") or {}).get(uri(path), []))
    for change in edit.get("documentChanges") or []:
        if change["textDocument"]["uri"] == uri(path):
            changes += change["edits"]
    return changes
