"""Whether rust-analyzer shows what the compiler says beside what we say, and forgets what is mended.

In: rust-analyzer, and an empty folder. Out: a line for each thing looked at, and 1 when one is not as it should be."""

import pathlib
import sys

from client import Client, uri

analyzer, folder = sys.argv[1], pathlib.Path(sys.argv[2])
wrong = []

WAITS = """\
pub async fn page(api: &impl Api) -> (String, String) {
    let unused = 1;
    let name = api.fetch_name().await;
    let photo = api.fetch_photo().await;
    (name, photo)
}
#[allow(async_fn_in_trait)]
pub trait Api {
    async fn fetch_name(&self) -> String;
    async fn fetch_photo(&self) -> String;
}
"""
MENDED = WAITS.replace("api.fetch_photo().await;", "name.clone();")
BROKEN = WAITS.replace("= 1;", ": u8 = \"\";")


def see(is_so, what, more=""):
    print(f"    {'ok   ' if is_so else 'WRONG'} {what} {more if not is_so else ''}", flush=True)
    if not is_so:
        wrong.append(what)


(folder / "src").mkdir(parents=True)
(folder / "Cargo.toml").write_text('[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n')
file = folder / "src/lib.rs"
file.write_text(WAITS)
command = ["cargo", "conjoin", "--with=check", "--workspace", "--message-format=json"]
settings = {
    "check": {"overrideCommand": command},
    "procMacro": {"enable": False},
    "cachePriming": {"enable": False},
    "cargo": {"buildScripts": {"enable": False}},
}
editor = Client([analyzer], folder, settings)
editor.greet()
editor.open(file)
editor.ready()


def shown():
    loud = [one for one in editor.shown.get(uri(file), []) if one["severity"] <= 2 and one["source"] in ("rustc", "conjoin")]
    return sorted({(one["source"], str(one.get("code"))) for one in loud})


def saved(text, version, expected, what):
    """After the text was saved this is shown, and still is when it was saved again."""
    file.write_text(text)
    editor.change(file, version, text)
    editor.save(file)
    is_so = editor.comes(lambda: shown() == sorted(expected))
    editor.save(file)
    see(is_so and editor.comes(lambda: shown() == sorted(expected)), what, shown())


UNUSED, WITHOUT_NEED, MISMATCH = ("rustc", "unused_variables"), ("conjoin", "sequential_await"), ("rustc", "E0308")
saved(WAITS, 2, [WITHOUT_NEED, UNUSED], "both are shown")
saved(MENDED, 3, [UNUSED], "what is mended is forgotten, what is not stays")
saved(WAITS, 4, [WITHOUT_NEED, UNUSED], "and comes back")
saved(BROKEN, 5, [WITHOUT_NEED, MISMATCH], "also beside what does not compile")
saved("", 6, [], "nothing is left of an empty file")
(folder / "conjoin.toml").write_text("confidense = 1\n")
editor.statuses.clear()
editor.save(file)
editor.wait(lambda: any("confidense" in str(one.get("message")) for one in editor.statuses), "a word about wrong settings")
see(True, "wrong settings are told")
editor.leave()
sys.exit(bool(wrong))
