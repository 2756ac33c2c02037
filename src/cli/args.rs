//! The arguments.
//!
//! In: the words of the command line. Out: [`Args`], in the pipeline's own types.

use std::ffi::OsString;
use std::path::PathBuf;

use super::beside::{Wanted, With};
use super::fixing::{BuildWords, FixWords, Fixing};
use super::narrowing::{Narrowing, NarrowingWords};
use super::values::{format, place};
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches, Parser, ValueEnum};
use clap_complete::Shell;

use crate::check::Options;
use crate::diagnostic::{Confidence, Level};
use crate::discover::{Failure, Kinds, Selection, near_names};
use crate::lints::{LINTS, Lint};
use crate::report::Format;

/// What the command line asks.
#[derive(Debug)]
pub(super) struct Args {
    pub(super) question: Question,
    pub(super) selection: Selection,
    pub(super) options: Options,
    pub(super) fixing: Fixing,
    pub(super) narrowing: Narrowing,
    pub(super) beside: Option<Wanted>,
    pub(super) format: Format,
    pub(super) output: Option<PathBuf>,
    pub(super) page: Option<PathBuf>,
    pub(super) color: Option<When>,
    pub(super) exit_zero: bool,
    pub(super) is_quiet: bool,
    pub(super) is_verbose: bool,
    pub(super) jobs: Option<usize>,
    pub(super) is_cached: bool,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Question {
    Report,
    Why(PathBuf, usize),
    Explain(String),
    List,
    Config,
    Completions(Shell),
    Man,
    Editor,
    Ir,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

/// Reads the words; cargo puts the subcommand's own name first.
pub(super) fn parse(mut words: Vec<OsString>) -> Result<Args, clap::Error> {
    if words.get(1).is_some_and(|word| word == "conjoin") {
        words.remove(1);
    }
    let matches = Words::command().try_get_matches_from(words)?;
    let read = Words::from_arg_matches(&matches)?;
    let levels = levels(&matches).map_err(|failure| error(clap::error::ErrorKind::InvalidValue, &failure))?;
    let beside = read.with.map(|with| Wanted::new(with, read.message_format, &matches, &command()));
    Ok(Args { beside, ..convert(read, levels) })
}

/// The command as `clap` has it.
pub(super) fn command() -> clap::Command {
    Words::command()
}

/// The lint of that name, `conjoin::` and hyphens allowed.
pub(super) fn lint(word: &str) -> Result<&'static Lint, Failure> {
    let name = word.strip_prefix("conjoin::").unwrap_or(word).replace('-', "_");
    LINTS.iter().copied().find(|lint| lint.name == name).ok_or_else(|| {
        let near = near_names(&name, LINTS.iter().map(|lint| lint.name));
        let help = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo conjoin --list` names them all".to_owned(),
        };
        Failure { message: format!("no lint `{word}`"), help }
    })
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Exit codes: 0 nothing to say, 1 something reported, 2 wrong usage or nothing readable.
Every flag of `cargo check` is accepted; those that say how to build matter to --fix, --diff and --verify only.";

/// Finds awaits that wait for one another without need, and writes the join
///
/// Looks at the package of the working directory, at the packages of -p and --workspace, or at files and folders, which
/// need no Cargo.toml. Tests, examples, benches and build scripts are left out unless asked for.
#[derive(Parser, Debug)]
#[command(name = "cargo conjoin", bin_name = "cargo conjoin", version, args_override_self = true, styles = STYLES, after_help = AFTER_HELP)]
struct Words {
    /// Files and folders to look at instead of packages
    paths: Vec<PathBuf>,

    /// Say nothing but the findings
    #[arg(short, long)]
    quiet: bool,
    /// Say more about what was read
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// When to use colour: also CARGO_TERM_COLOR, NO_COLOR, CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN")]
    color: Option<When>,
    /// How to write the findings: human, short, json (cargo's own, for editors), sarif, github, gitlab
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format)]
    message_format: Format,
    /// Where to write the findings instead of stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write a page with all waterfalls too, for a browser
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Exit with 0 even when something is reported
    #[arg(long)]
    exit_zero: bool,
    /// Take nothing from an earlier run, and keep nothing for the next
    #[arg(long)]
    no_cache: bool,
    /// Run `cargo check` or `cargo clippy` too, and report what it finds first
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["paths", "fix", "diff", "verify"])]
    with: Option<With>,
    /// Say why the await at a line must wait, or what it may join
    #[arg(long, value_name = "FILE:LINE", value_parser = place)]
    why: Option<(PathBuf, usize)>,
    /// Explain a lint
    #[arg(long, value_name = "LINT")]
    explain: Option<String>,
    /// List the lints
    #[arg(long)]
    list: bool,
    /// Print what holds for each package, and where it is said
    #[arg(long)]
    print_config: bool,
    /// Speak the language server protocol on stdin and stdout, for an editor
    #[arg(long, conflicts_with_all = ["paths", "message_format", "output", "report", "with", "fix", "diff", "verify", "since", "files_from", "update_baseline"])]
    lsp: bool,
    /// Editors that know several ways to talk say which one they mean.
    #[arg(long, hide = true, requires = "lsp")]
    stdio: bool,
    #[arg(long, value_name = "WHAT", hide = true)]
    emit: Option<Emit>,
    #[arg(long, value_name = "SHELL", hide = true)]
    completions: Option<Shell>,
    #[arg(long, hide = true)]
    man: bool,

    #[command(flatten)]
    fixing: FixWords,

    /// Whose join to write: conjoin, tokio, futures, futures-util, futures-concurrency, futures-lite, smol
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(crate::rewrite::provider::names()), hide_possible_values = true)]
    provider: Option<String>,
    /// Report what is at least this sure
    #[arg(long, value_name = "HOW", help_heading = "Lints")]
    confidence: Option<Sure>,
    /// Do not report a lint (or `warnings`, `all`)
    #[arg(short = 'A', long, value_name = "LINT", help_heading = "Lints")]
    allow: Vec<String>,
    /// Report a lint (or `all`) as a warning
    #[arg(short = 'W', long, value_name = "LINT", help_heading = "Lints")]
    warn: Vec<String>,
    /// Report a lint (or `warnings`, `all`) as an error
    #[arg(short = 'D', long, value_name = "LINT", help_heading = "Lints")]
    deny: Vec<String>,
    #[command(flatten)]
    narrowing: NarrowingWords,

    /// Packages to look at: names, globs, package-id specs
    #[arg(short, long, value_name = "SPEC", help_heading = "Packages")]
    package: Vec<String>,
    /// All packages of the workspace
    #[arg(long, alias = "all", help_heading = "Packages")]
    workspace: bool,
    /// Packages to leave out
    #[arg(long, value_name = "SPEC", requires = "workspace", help_heading = "Packages")]
    exclude: Vec<String>,
    /// The Cargo.toml to start from
    #[arg(long, value_name = "PATH", help_heading = "Packages")]
    manifest_path: Option<PathBuf>,
    /// Look at integration tests and test code too
    #[arg(long, help_heading = "Packages")]
    tests: bool,
    /// Look at examples too
    #[arg(long, help_heading = "Packages")]
    examples: bool,
    /// Look at benches too
    #[arg(long, help_heading = "Packages")]
    benches: bool,
    /// Look at tests, examples, benches and build scripts too
    #[arg(long, help_heading = "Packages")]
    all_targets: bool,

    /// Number of threads
    #[arg(short, long, value_name = "N", help_heading = "Cargo")]
    jobs: Option<usize>,
    /// Let cargo change no lock file
    #[arg(long, help_heading = "Cargo")]
    locked: bool,
    /// Let cargo use no network (it needs none)
    #[arg(long, help_heading = "Cargo")]
    offline: bool,
    /// Both of these
    #[arg(long, help_heading = "Cargo")]
    frozen: bool,
    /// A setting for cargo
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Cargo")]
    config: Vec<String>,
    #[arg(short = 'Z', value_name = "FLAG", hide = true)]
    unstable: Vec<String>,

    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    build: BuildWords,
}

/// Single targets, as editors pass them: a test, example or bench brings its kind back.
#[derive(clap::Args, Debug)]
struct Targets {
    #[arg(long, hide = true, num_args = 0..=1)]
    test: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1)]
    example: Vec<String>,
    #[arg(long, hide = true, num_args = 0..=1)]
    bench: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Emit {
    Ir,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sure {
    Proven,
    Likely,
    Possible,
}

fn convert(words: Words, levels: Vec<(String, Level)>) -> Args {
    let question = if words.list {
        Question::List
    } else if let Some(name) = words.explain.clone() {
        Question::Explain(name)
    } else if let Some((path, line)) = words.why.clone() {
        Question::Why(path, line)
    } else if let Some(shell) = words.completions {
        Question::Completions(shell)
    } else if words.man {
        Question::Man
    } else if words.lsp {
        Question::Editor
    } else if words.print_config {
        Question::Config
    } else if words.emit.is_some() {
        Question::Ir
    } else {
        Question::Report
    };
    let confidence = words.confidence.map(|sure| match sure {
        Sure::Proven => Confidence::Proven,
        Sure::Likely => Confidence::Likely,
        Sure::Possible => Confidence::Possible,
    });
    let selection = selection(&words);
    Args {
        question,
        narrowing: words.narrowing.read(confidence),
        beside: None,
        fixing: words.fixing.read(&words.build, cargo_options(&words)),
        options: Options {
            tests: selection.kinds.tests,
            confidence: confidence.unwrap_or(Confidence::Likely),
            levels,
            provider: words.provider,
            ..Options::default()
        },
        selection,
        format: words.message_format,
        output: words.output,
        page: words.report,
        color: words.color,
        exit_zero: words.exit_zero,
        is_quiet: words.quiet,
        is_verbose: words.verbose > 0,
        jobs: words.jobs,
        is_cached: !words.no_cache,
    }
}

fn selection(words: &Words) -> Selection {
    let all = words.all_targets;
    let kinds = Kinds {
        tests: all || words.tests || !words.targets.test.is_empty(),
        examples: all || words.examples || !words.targets.example.is_empty(),
        benches: all || words.benches || !words.targets.bench.is_empty(),
        build_scripts: all,
    };
    let mut paths = words.paths.clone();
    if let Some((path, _)) = &words.why {
        paths.push(path.clone());
    }
    Selection {
        paths,
        packages: words.package.clone(),
        all_packages: words.workspace,
        exclude: words.exclude.clone(),
        manifest_path: words.manifest_path.clone(),
        kinds,
        cargo_options: cargo_options(words),
        only: None,
        names_from_root: matches!(words.message_format, Format::Json { .. }),
    }
}

fn cargo_options(words: &Words) -> Vec<String> {
    let flags = [(words.locked, "--locked"), (words.offline, "--offline"), (words.frozen, "--frozen")];
    let flags = flags.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned());
    let settings = words.config.iter().flat_map(|setting| ["--config".to_owned(), setting.clone()]);
    let unstable = words.unstable.iter().map(|flag| format!("-Z{flag}"));
    flags.chain(settings).chain(unstable).collect()
}

/// The levels in the order they were given, because the last one for a lint holds.
fn levels(matches: &ArgMatches) -> Result<Vec<(String, Level)>, Failure> {
    let mut given: Vec<(usize, &String, Level)> = Vec::new();
    for (id, level) in [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)] {
        let indices = matches.indices_of(id).into_iter().flatten();
        let names = matches.get_many::<String>(id).into_iter().flatten();
        given.extend(indices.zip(names).map(|(index, name)| (index, name, level)));
    }
    given.sort_by_key(|(index, ..)| *index);
    let mut levels: Vec<(String, Level)> = Vec::new();
    for (_, name, level) in given {
        let meant: Vec<&Lint> = match name.strip_prefix("conjoin::").unwrap_or(name) {
            "warnings" => LINTS.iter().copied().filter(|lint| level_of(lint, &levels) == Level::Warn).collect(),
            "all" => LINTS.to_vec(),
            _ => vec![lint(name)?],
        };
        levels.extend(meant.into_iter().map(|lint| (lint.name.to_owned(), level)));
    }
    Ok(levels)
}

fn level_of(lint: &Lint, levels: &[(String, Level)]) -> Level {
    levels.iter().rev().find(|(name, _)| name == lint.name).map_or(lint.level, |(_, level)| *level)
}

fn error(kind: clap::error::ErrorKind, failure: &Failure) -> clap::Error {
    Words::command().error(kind, format!("{}\n\nhelp: {}", failure.message, failure.help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Rendered;

    fn args(words: &str) -> Args {
        parse(words.split_whitespace().map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn the_command_is_well_formed() {
        Words::command().debug_assert();
    }

    #[test]
    fn everything_rust_analyzer_passes_is_accepted() {
        let check = "cargo-conjoin conjoin --workspace --message-format=json --manifest-path /r/Cargo.toml --keep-going \
                     --all-targets --all-features";
        let saved = "cargo-conjoin conjoin -p path+file:///r/one#0.1.0 --bin one --message-format=json --lib --bins \
                     --examples --example e --bench b --test t --no-default-features --features a,b --config k=1 \
                     --target-dir d --target t -Zscript --message-format json-diagnostic-rendered-ansi";
        assert!(args(check).selection.all_packages);
        // The last `--message-format` must not be a second one.
        let saved = args(&saved.replace("--message-format=json ", ""));
        assert_eq!(saved.format, Format::Json { rendered: Rendered::Ansi });
        assert_eq!(saved.selection.packages, ["path+file:///r/one#0.1.0"]);
        assert_eq!(saved.selection.cargo_options, ["--config", "k=1", "-Zscript"]);
        assert!(saved.selection.kinds.tests && saved.selection.kinds.benches && !saved.selection.kinds.build_scripts);
    }

    #[test]
    fn the_last_level_holds_and_warnings_are_all_that_warn() {
        let levels = |words: &str| args(words).options.levels;
        let name = "sequential_await".to_owned();
        assert_eq!(
            levels("c -D sequential_await -A conjoin::sequential-await"),
            [(name.clone(), Level::Deny), (name.clone(), Level::Allow)]
        );
        assert!(levels("c -D warnings").contains(&(name.clone(), Level::Deny)));
        assert!(
            LINTS.iter().all(|lint| level_of(lint, &levels("c -W conjoin::all -D sequential_await")) > Level::Allow)
        );
        let given = levels("c -A sequential_await -D warnings");
        assert_eq!(given.iter().rfind(|(lint, _)| *lint == name), Some(&(name.clone(), Level::Allow)));
    }
}
