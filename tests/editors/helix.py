"""Helix on a terminal of its own: opens a file at a finding, lets a server mend it, saves.

In: Helix, a file, a line, a folder with its configuration, and the file as it should be. Out: the file on the disk, and 0;
or what was on the screen. Of several servers' actions one after the other is tried, and undone."""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 180
ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|[\]P].*?(\x07|\x1b\\)|[=>()][A-Z0-9]?)", re.S)

# So many actions are offered at most.
ACTIONS = 20

helix, file, line, configuration, expected = sys.argv[1:6]
before, wanted = (pathlib.Path(path).read_bytes() for path in (file, expected))
child, terminal = pty.fork()
if child == 0:
    os.environ.update(XDG_CONFIG_HOME=configuration, XDG_CACHE_HOME=configuration, TERM="xterm-256color")
    os.chdir(pathlib.Path(file).parent)
    os.execv(helix, [helix, f"{file}:{line}"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
os.kill(child, signal.SIGWINCH)
screen = b""


def read(seconds):
    global screen
    if select.select([terminal], [], [], seconds)[0]:
        try:
            screen += os.read(terminal, 65536)
        except OSError:
            return


def until(what, is_so):
    """Reads what is drawn until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        read(0.2)
        if time.monotonic() > end:
            print(f"waited in vain for {what}; the screen:\n{ESCAPES.sub(b' ', screen[-6000:]).decode(errors='replace')}")
            os.kill(child, signal.SIGKILL)
            sys.exit(1)


def shows(text):
    # Only what differs from the last screen is drawn, so blanks may be jumps.
    drawn = ESCAPES.sub(b" ", screen)
    return re.search(rb"\s+".join(re.escape(word) for word in text.encode().split()), drawn) is not None


def keys(text):
    global screen
    screen = b""
    os.write(terminal, text.encode())


asked = time.monotonic()


def is_found():
    """Whether it is on the screen. rust-analyzer looks again only when something is saved."""
    global asked
    if time.monotonic() - asked > 15:
        asked = time.monotonic()
        os.write(terminal, b":w\r")
    return shows("without need")


def choose(position):
    """Takes the action at a position of the menu, and saves."""
    end = time.monotonic() + PATIENCE
    keys(" a")
    # Rewrites vanish while a server checks anew.
    while not shows("them together") and time.monotonic() < end:
        read(1)
        if shows("No code actions"):
            keys("\x1b")
            read(1)
            keys(" a")
    until("the rewrite", lambda: shows("them together"))
    for _ in range(position):
        keys("\x1b[B")
        pause(0.3)
    keys("\r")
    pause(1)
    leave()
    # What a server is still to think of comes after it has been saved.
    for _ in range(10):
        keys(":w\r")
        pause(3)
        if pathlib.Path(file).read_bytes() != before:
            return


def pause(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        read(0.2)


def leave():
    # Escape and what follows at once would be one key.
    keys("\x1b")
    pause(1)


until("the finding", is_found)
for position in range(ACTIONS):
    choose(position)
    written = pathlib.Path(file).read_bytes()
    if written == wanted:
        break
    if written != before:
        leave()
        keys("u:w\r")
        until("the file as it was", lambda: pathlib.Path(file).read_bytes() == before)
else:
    print(f"none of {ACTIONS} actions writes what --fix writes")
    os.kill(child, signal.SIGKILL)
    sys.exit(1)
keys(":q!\r")
until("the end", lambda: os.waitpid(child, os.WNOHANG)[0] != 0)
