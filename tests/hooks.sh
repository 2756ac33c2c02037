#!/usr/bin/env bash
# Commits with pre-commit and with prek: what waits without need blocks a commit, everything else passes.
#
# In: this checkout with its last commit, git, Python, cargo, and the registries of Python and of Rust. Out: 0, or what was
# not as it should be.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${CONJOIN_TOOLS:-$(mktemp -d)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -d "$tools/venv" ] || python3 -m venv "$tools/venv"
[ -x "$tools/venv/bin/prek" ] || "$tools/venv/bin/pip" -q install pre-commit prek
cargo_bin=${CONJOIN:-${CARGO_TARGET_DIR:-$home/target}/debug/cargo-conjoin}
# Both build the same.
export CARGO_TARGET_DIR="$work/target"
export PATH="$tools/venv/bin:$PATH" PRE_COMMIT_HOME="$work/pre-commit" PREK_HOME="$work/prek"
export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=a GIT_CONFIG_KEY_1=user.email \
    GIT_CONFIG_VALUE_1=a@b.c GIT_CONFIG_KEY_2=commit.gpgsign GIT_CONFIG_VALUE_2=false

pre-commit validate-manifest "$home/.pre-commit-hooks.yaml"
prek validate-manifest "$home/.pre-commit-hooks.yaml"

fail() {
    echo "error: $*" >&2
    cat "$work/log" >&2
    exit 1
}

waits='pub async fn page(api: &Api) -> (String, String) {
    let name = api.fetch_name().await;
    let photo = api.fetch_photo().await;
    (name, photo)
}'

# A package with one commit, whose hook is $2 of this repository, run by $1.
begin() {
    rm -rf "$work/repository"
    mkdir -p "$work/repository/src"
    cd "$work/repository"
    git init -q -b main
    printf '[package]\nname = "demo"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n' >Cargo.toml
    echo 'pub mod old;' >src/lib.rs
    echo "$waits" >src/old.rs
    git add .
    git commit -qm begin
    local revision
    revision=$(git -C "$home" rev-parse HEAD)
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks: [{id: %s}]\n' "$home" "$revision" "$2" >.pre-commit-config.yaml
    git add .
    git commit -qm hook
    "$1" install >/dev/null
}

# The commit goes through or does not, as $1 says.
commits() {
    git add .
    local code=0
    git commit -m "$2" >"$work/log" 2>&1 || code=$?
    case "$1-$code" in
        yes-0) ;;
        no-0) fail "$2: was committed" ;;
        no-*) grep -q 'without need' "$work/log" || fail "$2: blocked by something else" ;;
        *) fail "$2: was blocked" ;;
    esac
    echo "    $1: $2"
}

for program in pre-commit prek; do
    echo "==> $program, $($program --version)"
    begin "$program" cargo-conjoin-changed
    echo hello >README.md
    commits yes "$program: no Rust file"
    echo 'pub fn fine() {}' >src/fine.rs
    commits yes "$program: a file without findings, beside an old finding"
    echo "$waits" >src/new.rs
    commits no "$program: a new finding"
    sed -i 's|^    let photo|    // conjoin: allow(sequential_await) -- in this order\n    let photo|' src/new.rs
    commits yes "$program: the same, allowed"
    # What is not staged does not count.
    echo 'pub fn finer() {}' >>src/fine.rs
    git add .
    echo "$waits" >>src/fine.rs
    git commit -qm "unstaged" >"$work/log" 2>&1 || fail "what is not staged blocked a commit"
    begin "$program" cargo-conjoin
    echo 'pub fn fine() {}' >src/fine.rs
    commits no "$program: the whole workspace, with an old finding"
done

echo "==> the installed program"
mkdir -p "$work/bin"
ln -sf "$cargo_bin" "$work/bin/cargo-conjoin"
export PATH="$work/bin:$PATH"
begin prek cargo-conjoin-system
echo "$waits" >src/new.rs
commits no "prek: the installed program"
echo "hooks do what they should"
