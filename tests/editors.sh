#!/usr/bin/env bash
# Real editors show what is found in real code, and mend it: rust-analyzer, Neovim and Helix, an old and a new one of each.
#
# In: this checkout, cargo with the crates registry, Python, and apt of a Debian on x86-64, as root or not: packages are
# unpacked into a folder and nothing is installed. Out: 0, or what was not as it should be.
# `CONJOIN_TOOLS` names a folder to keep what is fetched; `CONJOIN` a program instead of the one that is built.
#
#   tests/editors.sh [accept] [both] [neovim] [helix]
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
helpers=$home/tests/editors
tools=${CONJOIN_TOOLS:-$(mktemp -d)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for needed in apt-get dpkg python3 cargo; do
    command -v "$needed" >/dev/null || { echo "error: $needed is missing" >&2; exit 2; }
done
# `trixie` stays as it is, `sid` moves on.
suites=(trixie sid)
parts=("${@:-accept both neovim helix}")
# Packages with findings and rewrites, by people who know nothing of this, and how each is compiled.
crates=(lettre@0.11.23 wiremock@0.6.5 fred@10.1.0)
options=(--confidence possible)

fail() {
    echo "error: $*" >&2
    exit 1
}

wanted() {
    [[ " ${parts[*]} " == *" $1 "* ]]
}

# Unpacks a suite's editors with all they need into $tools/$1, and writes launchers that run them by its own loader, so
# that what they start has the libraries of this machine.
fetch_editors() {
    local prefix=$tools/$1 apt=$work/apt loader libraries
    [ -x "$prefix/launch/hx" ] && return
    rm -rf "$apt" "$prefix"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$prefix/launch"
    touch "$apt/status"
    local mirror
    mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$apt/sources.list"
    # No package is known as installed, so everything comes along.
    local places=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o "Dir::State::status=$apt/status"
        -o "APT::Sandbox::User=$(id -un)" -o Debug::NoLocking=1)
    apt-get "${places[@]}" update -qq
    apt-get "${places[@]}" install -y --no-install-recommends --download-only -qq rust-analyzer neovim hx >/dev/null
    local package
    for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$prefix"; done
    loader=$(find "$prefix/usr/lib64" "$prefix/lib64" "$prefix/usr/lib" -name 'ld-linux-x86-64.so.2' 2>/dev/null | head -1)
    [ -n "$loader" ] || fail "no loader among the packages of $1; this needs x86-64"
    libraries=$prefix/usr/lib/x86_64-linux-gnu:$prefix/lib/x86_64-linux-gnu
    launcher() {
        printf '#!/bin/sh\n%s\nexec "%s" --library-path "%s" "%s" "$@"\n' "$3" "$loader" "$libraries" "$2" >"$prefix/launch/$1"
        chmod +x "$prefix/launch/$1"
    }
    launcher rust-analyzer "$prefix/usr/bin/rust-analyzer" ''
    launcher nvim "$prefix/usr/bin/nvim" "export VIMRUNTIME=$prefix/usr/share/nvim/runtime LUA_PATH='$prefix/usr/share/lua/5.1/?.lua;;' LUA_CPATH='$prefix/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;;'"
    launcher hx "$(readlink -f "$prefix/usr/bin/hx")" "export HELIX_RUNTIME=$prefix/usr/share/helix/runtime"
}

# Sources of other people, as the registry has them.
fetch_crates() {
    mkdir -p "$work/fetch/src"
    printf '[package]\nname = "fetch"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n' >"$work/fetch/Cargo.toml"
    : >"$work/fetch/src/lib.rs"
    local crate
    for crate in "${crates[@]}"; do
        [ -d "$tools/${crate%@*}" ] || echo "${crate%@*} = \"=${crate#*@}\"" >>"$work/fetch/Cargo.toml"
    done
    (cd "$work/fetch" && cargo vendor --quiet --versioned-dirs vendor >/dev/null 2>&1) || fail "the crates registry gives nothing"
    for crate in "${crates[@]}"; do
        local name=${crate%@*}
        [ -d "$tools/$name" ] && continue
        cp -r "$work/fetch/vendor/$name-${crate#*@}" "$tools/$name"
        rm -f "$tools/$name/.cargo-checksum.json"
        printf '\n[workspace]\n' >>"$tools/$name/Cargo.toml"
    done
}

# A package that waits without need once, with line ends of Windows and beyond ASCII, in a folder with a blank in its name.
begin() {
    rm -rf "${work:?}/a package" "$work/fixed"
    mkdir -p "$work/a package/src"
    printf '[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n' >"$work/a package/Cargo.toml"
    printf '\n[dependencies]\ntokio = { path = "../tokio", features = ["macros"] }\n' >>"$work/a package/Cargo.toml"
    python3 - "$work/a package/src/lib.rs" <<'PYTHON'
import sys
text = '''//! Grüße, 🦀.

#[allow(async_fn_in_trait)]
pub trait Api {
    async fn fetch_name(&self) -> String;
    async fn fetch_photo(&self) -> String;
}

pub async fn page(api: &impl Api) -> (String, String) {
    let größe = api.fetch_name().await; // 🦀
    /* 🦀 */ let photo = api.fetch_photo().await;
    (größe, photo)
}
'''
open(sys.argv[1], "w", newline="").write(text.replace("\n", "\r\n"))
PYTHON
    file="$work/a package/src/lib.rs"
    cp -r "$work/a package" "$work/fixed"
    (cd "$work/fixed" && cargo conjoin -q --fix --no-verify --allow-no-vcs) || fail "--fix leaves something"
    ! cmp -s "$file" "$work/fixed/src/lib.rs" || fail "--fix changes nothing"
}

same_as_fixed() {
    cmp "$file" "$work/fixed/src/lib.rs" || { diff "$file" "$work/fixed/src/lib.rs" >&2 || true; fail "$1: not what --fix writes"; }
    echo "    ok    $1: the file is what --fix writes"
}

if [ -z "${CONJOIN:-}" ]; then
    cargo build --quiet --manifest-path "$home/Cargo.toml" --bin cargo-conjoin
    CONJOIN=${CARGO_TARGET_DIR:-$home/target}/debug/cargo-conjoin
fi
mkdir -p "$work/bin" "$tools"
ln -s "$(realpath "$CONJOIN")" "$work/bin/cargo-conjoin"
old_path=$PATH
export PATH="$work/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
# What editors build goes nowhere near this checkout.
export CARGO_TARGET_DIR="$work/target"
for suite in "${suites[@]}"; do fetch_editors "$suite"; done
! wanted accept || fetch_crates

# Stands in for the crate of that name, which would take longer to compile than everything else.
mkdir -p "$work/tokio/src"
printf '[package]\nname = "tokio"\nversion = "1.0.0"\nedition = "2024"\n\n[features]\nmacros = []\n\n[workspace]\n' >"$work/tokio/Cargo.toml"
echo '#[macro_export] macro_rules! join { ($($future:expr),* $(,)?) => { ($($future.await),*) } }' >"$work/tokio/src/lib.rs"

# The code behind a line of the README's chapter about editors: people copy it, so it is what is tried.
snippet() {
    python3 - "$home/README.md" "$1" "$2" <<'PYTHON'
import sys
text = open(sys.argv[1]).read().split("\n## In an editor\n")[1].split("\n## ")[0]
chapter = text.split(f"\n### {sys.argv[2]}\n")[1].split("\n### ")[0]
print(chapter.split(f"\n{sys.argv[3]}")[1].split("```")[1].split("\n", 1)[1], end="")
PYTHON
}

for suite in "${suites[@]}"; do
    launch=$tools/$suite/launch
    if wanted accept; then
        for crate in "${crates[@]}"; do
            for route in overrideCommand command; do
                echo "==> $("$launch/rust-analyzer" --version), $crate"
                python3 "$helpers/accept.py" --analyzer "$launch/rust-analyzer" --root "$tools/${crate%@*}" --route "$route" \
                    -- "${options[@]}" || fail "rust-analyzer of $suite, $crate, $route"
            done
        done
    fi
    if wanted both; then
        echo "==> $("$launch/rust-analyzer" --version), beside the compiler"
        python3 "$helpers/both.py" "$launch/rust-analyzer" "$work/both-$suite" || fail "rust-analyzer of $suite beside the compiler"
    fi
    # Editors find rust-analyzer by its name.
    export PATH="$work/bin:$launch:$old_path"
    if wanted neovim; then
        version=$("$launch/nvim" --version | head -1)
        echo "==> $version"
        # $1 who mends, $2 what is typed before.
        neovim() {
            begin
            MENDER=$1 TYPED=${2:-} FILE=$file XDG_STATE_HOME=$work/state \
                "$launch/nvim" --headless -u "$work/init.lua" -l "$helpers/fix.lua" >"$work/said" || fail "Neovim of $suite, $1: $(cat "$work/said")"
        }
        says() {
            [ "$(cat "$work/said")" = "$1" ] || fail "Neovim of $suite shows $(cat "$work/said")"
        }
        case $version in
            *v0.10*) snippet "It runs by itself" "Neovim 0.10" >"$work/init.lua" ;;
            *)
                snippet "rust-analyzer runs it" "Neovim 0.11" >"$work/init.lua"
                neovim rust-analyzer
                says "1 11 sequential_await"
                same_as_fixed "rust-analyzer runs it"
                snippet "It runs by itself" "Neovim 0.11" >"$work/init.lua"
                # rust-analyzer with what it runs by itself.
                echo "vim.lsp.config('rust-analyzer', { cmd = { 'rust-analyzer' }, filetypes = { 'rust' }, root_markers = { 'Cargo.toml' } })" >>"$work/init.lua"
                echo "vim.lsp.enable('rust-analyzer')" >>"$work/init.lua"
                ;;
        esac
        neovim conjoin
        says "1 11 sequential_await"
        same_as_fixed "the language server"
        neovim conjoin $'// not saved\n// yet'
        says "1 13 sequential_await"
        { printf '// not saved\r\n// yet\r\n'; cat "$work/fixed/src/lib.rs"; } >"$work/expected"
        cmp "$file" "$work/expected" || fail "Neovim of $suite: the language server mends another text"
        echo "    ok    the language server in text that was not saved"
    fi
    if wanted helix; then
        echo "==> $("$launch/hx" --version)"
        for chapter in "rust-analyzer runs it" "It runs by itself"; do
            rm -rf "$work/configuration"
            mkdir -p "$work/configuration/helix"
            {
                # rustfmt would make another text of it when it is saved.
                [ "$chapter" = "It runs by itself" ] || printf '[[language]]\nname = "rust"\nauto-format = false\n'
                snippet "$chapter" "Helix"
                [ "$chapter" != "It runs by itself" ] || echo 'auto-format = false'
            } >"$work/configuration/helix/languages.toml"
            # Helix 25.01 shows nothing of a finding beside its text unless it is told to.
            printf '[editor]\nend-of-line-diagnostics = "hint"\n' >"$work/configuration/helix/config.toml"
            begin
            python3 "$helpers/helix.py" "$launch/hx" "$file" 11 "$work/configuration" "$work/fixed/src/lib.rs" || fail "Helix of $suite, $chapter"
            same_as_fixed "$chapter"
        done
    fi
done
echo "editors do what they should"
