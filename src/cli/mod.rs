//! The command: arguments to an exit code.
//!
//! In: the arguments and the environment. Out: findings on stdout, everything else on stderr, and an exit code:
//! 0 nothing to say, 1 something reported, 2 the question was wrong or nothing could be read.
//! Invariant: with exit code 2 nothing stands on stdout. A reader who closes stdout early has seen enough: 0.

mod args;
mod beside;
mod config;
mod fixing;
mod narrowing;
mod output;
mod papers;
mod progress;
mod values;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::cache::Cache;
use crate::check::{self, Options, Outcome, Run, emit_ir, why};
use crate::diagnostic::Level;
use crate::discover::{self, Discovery, Failure, Workspace};
use crate::fix::vcs::{self, Allowed};
use crate::fix::write::write;
use crate::fix::{Fixed, fix, verified};
use crate::lints::LINTS;
use crate::lsp::{self, Ended, Setup};
use crate::narrow::narrow;
use crate::report::{self, Format, Report};
use crate::source::{FileId, Problem};
use crate::verify::Build;

use args::{Args, Question};
use beside::{Beside, End};
use fixing::Deed;
use output::Output;
use progress::Progress;

const NOTHING_TO_SAY: u8 = 0;
const REPORTED: u8 = 1;
const WRONG_QUESTION: u8 = 2;

/// Room for the recursion of the parser and of the analysis over deeply nested code.
const STACK_BYTES: usize = 64 << 20;

/// Runs the command line, program name included.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let args = match args::parse(arguments) {
        Ok(args) => args,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(WRONG_QUESTION);
            return ExitCode::from(if output::refuse(&error).is_ok() { code } else { NOTHING_TO_SAY });
        }
    };
    let output = Output::new(&args);
    let code = answer(&args, &output).unwrap_or_else(|failure| {
        output.failure(&failure);
        WRONG_QUESTION
    });
    ExitCode::from(code)
}

fn answer(args: &Args, output: &Output) -> Result<u8, Failure> {
    match &args.question {
        Question::List => return output.print(&lint_table()),
        Question::Completions(shell) => return output.print(&papers::completions(args::command(), *shell)),
        Question::Man => return output.print(&papers::man(args::command())),
        Question::Explain(name) => {
            let lint = args::lint(name)?;
            return output.print(&format!("# conjoin::{}\n\n{}", lint.name, lint.docs));
        }
        _ => {}
    }
    start_pool(args.jobs);
    let begin = Instant::now();
    let directory = working_directory()?;
    if matches!(args.question, Question::Editor) {
        return serve_editor(args, directory);
    }
    let mut selection = args.selection.clone();
    if let Some(from) = &args.narrowing.files_from {
        selection.only = Some(narrowing::named_files(from, &directory)?);
    }
    let mut discovery = discover::discover(&selection, &directory)?;
    config::check(&discovery.workspace)?;
    narrowing::overrule(&mut discovery.workspace, &args.narrowing);
    if args.is_verbose {
        discovery.remarks.iter().for_each(|remark| output.note(remark));
    }
    let options = Options { tests: discovery.asks_for_tests, ..args.options.clone() };
    match &args.question {
        Question::Why(path, line) => {
            explain_place(&options, &discovery, &discover::absolute(&directory, path), *line, output)
        }
        Question::Config => output.print(&output.clean_lines(&config::print(&discovery.workspace, &options))),
        Question::Ir => output.print(&output.clean_lines(&emit_ir(&discovery.workspace, &options))),
        _ => report_all(args, &options, discovery, &directory, begin, output),
    }
}

/// A talk with an editor. What it says of levels and packages is looked at each time a workspace is.
fn serve_editor(args: &Args, directory: PathBuf) -> Result<u8, Failure> {
    let prepare = |workspace: &mut Workspace| {
        config::check(workspace)?;
        narrowing::overrule(workspace, &args.narrowing);
        Ok(())
    };
    let mut old = args.narrowing.old.clone();
    old.baseline = old.baseline.map(|path| discover::absolute(&directory, &path));
    let setup =
        Setup { selection: args.selection.clone(), options: args.options.clone(), old, prepare: &prepare, directory };
    // The protocol wants 1 when an editor goes without a word.
    Ok(match lsp::serve_stdio(&setup)? {
        Ended::Properly => NOTHING_TO_SAY,
        Ended::Abruptly => REPORTED,
    })
}

/// The report, the problems, the summary; and before them what is to be changed.
fn report_all(
    args: &Args,
    options: &Options,
    mut discovery: Discovery,
    directory: &Path,
    begin: Instant,
    output: &Output,
) -> Result<u8, Failure> {
    let beside = args.beside.as_ref().map(beside::Wanted::start).transpose()?;
    let is_stopped = Arc::new(AtomicBool::new(false));
    let program = own_program()?;
    let say = |what: &str| output.say(&report::status(what, output.error_style));
    let build = Build {
        directory,
        program: &program,
        options: &args.fixing.options,
        target_directory: args.fixing.target_directory.as_ref().map(|path| discover::absolute(directory, path)),
        is_cargo_shown: !args.is_quiet && std::io::stderr().is_terminal(),
        is_stopped: &is_stopped,
        progress: if args.is_quiet { &|_: &str| {} } else { &say },
    };
    if args.fixing.deed != Deed::Report || args.fixing.is_compiled {
        heed_interrupts(&is_stopped);
    }
    let compiled = args.fixing.is_compiled.then_some(&build);
    let mut fixed = match args.fixing.deed {
        Deed::Report => Fixed { outcome: look(args, options, &discovery, begin, compiled)?, ..Fixed::default() },
        deed => {
            if deed == Deed::Fix {
                guarded(&discovery, args.fixing.allowed)?;
            }
            fix(&mut discovery.workspace, options, args.fixing.choice, compiled)?
        }
    };
    let mut old = args.narrowing.old.clone();
    old.baseline = old.baseline.map(|path| discover::absolute(directory, &path));
    if args.fixing.deed != Deed::Diff {
        narrow(&discovery.workspace, &old, repository(&discovery.workspace), &mut fixed.outcome)?;
    }
    let has_nothing_read = is_all_unreadable(&discovery, &fixed.outcome);
    let code = match args.fixing.deed {
        _ if has_nothing_read => WRONG_QUESTION,
        Deed::Diff => print_diff(&discovery.workspace, &fixed, args.exit_zero, output)?,
        deed => {
            if deed == Deed::Fix {
                write(&discovery.workspace, &mut fixed, &is_stopped)?;
            }
            print_report(args, &discovery, &fixed.outcome, beside, output)?
        }
    };
    problems(&discovery, &fixed.outcome).for_each(|problem| output.problem(problem));
    if !args.is_quiet && !has_nothing_read {
        if args.fixing.deed != Deed::Report {
            output.say(&report::changes(
                &discovery.workspace,
                &fixed,
                args.fixing.deed == Deed::Fix,
                output.error_style,
            ));
        }
        if args.fixing.deed != Deed::Diff {
            let report = report_of(&discovery, &fixed.outcome);
            output.say(&report::summary(&report, begin.elapsed(), output.error_style));
        }
    }
    Ok(code)
}

fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure {
        message: format!("cannot find this program's own file: {error}"),
        help: "start it by its path".to_owned(),
    })
}

/// Nothing is changed: what there is to say, compiled when that is wanted.
fn look(
    args: &Args,
    options: &Options,
    discovery: &Discovery,
    begin: Instant,
    build: Option<&Build<'_>>,
) -> Result<Outcome, Failure> {
    let progress = Progress::new(begin, !args.is_quiet);
    let workspace = &discovery.workspace;
    let tell = |done, total| progress.update(done, total);
    let cache = args.is_cached.then(|| Cache::new(workspace, options)).flatten();
    let outcome =
        check::run(workspace, options, &Run { cache: cache.as_ref(), progress: &tell, is_last: build.is_none() });
    progress.finish();
    match build {
        Some(build) => verified(&discovery.workspace, outcome, build),
        None => Ok(outcome),
    }
}

/// Every folder in which files may be changed can be brought back.
fn guarded(discovery: &Discovery, allowed: Allowed) -> Result<(), Failure> {
    let roots = discovery.workspace.roots.iter().map(|root| root.folder.as_path());
    let own = discovery.workspace.roots.is_empty().then_some(discovery.workspace.root.as_path());
    roots.chain(own).try_for_each(|folder| vcs::check(folder, allowed))
}

/// From now on an interrupt is a wish, heeded between two steps. Where that cannot be had, it ends the program at once,
/// and files are whole all the same.
fn heed_interrupts(is_stopped: &Arc<AtomicBool>) {
    let is_stopped = Arc::clone(is_stopped);
    drop(ctrlc::set_handler(move || is_stopped.store(true, Ordering::Relaxed)));
}

fn print_report(
    args: &Args,
    discovery: &Discovery,
    outcome: &Outcome,
    beside: Option<Beside>,
    output: &Output,
) -> Result<u8, Failure> {
    let report = report_of(discovery, outcome);
    let code = exit_code(outcome, args.exit_zero);
    if let Some(path) = &args.page {
        write_page(path, &report)?;
    }
    let is_beside = beside.is_some();
    let mut end = End::Well;
    let is_for_machines = matches!(args.format, Format::Json { .. });
    let code = output.write(code, |out, style| {
        if let Some(beside) = beside {
            end = beside.relay(out)?;
        }
        match end {
            // Whoever reads it must not take what we say for all there is.
            End::Silent(_) if is_for_machines => Ok(()),
            _ => {
                let built = is_beside.then_some(end == End::Well);
                report::write(out, &Report { built, ..report }, args.format, style)
            }
        }
    })?;
    match end {
        End::Well => Ok(code),
        End::Silent(with) if is_for_machines => Err(Failure {
            message: format!("`cargo {}` fails before it compiles anything", with.word()),
            help: "cargo says above why; make it work, or leave out `--with`".to_owned(),
        }),
        End::Failed | End::Silent(_) => Ok(REPORTED),
    }
}

fn write_page(path: &Path, report: &Report<'_>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    report::html(&mut bytes, report).and_then(|()| std::fs::write(path, bytes)).map_err(|error| Failure {
        message: format!("cannot write the page to `{}`: {error}", path.display()),
        help: "check that the folder exists and has room".to_owned(),
    })
}

fn print_diff(workspace: &Workspace, fixed: &Fixed, is_always_zero: bool, output: &Output) -> Result<u8, Failure> {
    let code = if fixed.changed.is_empty() || is_always_zero { NOTHING_TO_SAY } else { REPORTED };
    output.write(code, |out, style| {
        fixed.changed.iter().try_for_each(|changed| {
            let file = &workspace.files[changed.file.0 as usize];
            out.write_all(report::diff(&file.name, &changed.before, &file.text, output.is_terminal, style).as_bytes())
        })
    })
}

fn report_of<'a>(discovery: &'a Discovery, outcome: &'a Outcome) -> Report<'a> {
    Report {
        workspace: &discovery.workspace,
        packages: &discovery.selected_packages,
        repository: repository(&discovery.workspace),
        diagnostics: &outcome.diagnostics,
        old: outcome.old,
        built: None,
        files: outcome.files,
        lines: outcome.lines,
    }
}

/// The folder of version control that the workspace lies in.
fn repository(workspace: &Workspace) -> Option<&Path> {
    workspace.root.ancestors().find(|folder| folder.join(".git").exists())
}

fn problems<'a>(discovery: &'a Discovery, outcome: &'a Outcome) -> impl Iterator<Item = &'a Problem> {
    discovery.problems.iter().chain(&outcome.problems).chain(&outcome.unclear)
}

fn exit_code(outcome: &Outcome, is_always_zero: bool) -> u8 {
    let is_reported = outcome.diagnostics.iter().any(|diagnostic| diagnostic.level > Level::Allow);
    if is_reported && !is_always_zero { REPORTED } else { NOTHING_TO_SAY }
}

/// Whether files were asked for and not one of them could be read and parsed.
fn is_all_unreadable(discovery: &Discovery, outcome: &Outcome) -> bool {
    let selected = discovery.workspace.files.iter().filter(|file| file.is_selected);
    let is_parsed = |name: &str| outcome.problems.iter().all(|problem| problem.file != name);
    let has_problem = discovery.unread > 0 || !outcome.problems.is_empty();
    has_problem && !selected.map(|file| file.name.as_str()).any(is_parsed)
}

fn explain_place(
    options: &Options,
    discovery: &Discovery,
    path: &Path,
    line: usize,
    output: &Output,
) -> Result<u8, Failure> {
    let index = discovery.workspace.files.iter().position(|file| file.path == path);
    let Some(index) = index.and_then(|index| u32::try_from(index).ok()) else {
        let message = discovery.problems.first().map_or_else(
            || format!("`{}` is no file of the selection", path.display()),
            |problem| format!("{} {}", problem.file, problem.message),
        );
        return Err(Failure { message, help: "name a Rust file and a line: `--why src/api.rs:42`".to_owned() });
    };
    match why(&discovery.workspace, options, FileId(index), line) {
        Ok(found) => output.write(NOTHING_TO_SAY, |out, style| {
            let texts: Vec<String> = found.iter().map(|why| report::why(why, style)).collect();
            out.write_all(texts.join("\n").as_bytes())
        }),
        Err(problem) => {
            let place = problem.place.map_or(String::new(), |(line, _)| format!(":{line}"));
            let help = problem.help.unwrap_or_else(|| "name a file that compiles".to_owned());
            Err(Failure { message: format!("{}{place}: {}", problem.file, problem.message), help })
        }
    }
}

fn lint_table() -> String {
    let width = LINTS.iter().map(|lint| lint.name.len()).max().unwrap_or(0);
    LINTS.iter().map(|lint| format!("{:width$}  {:7}  {}\n", lint.name, lint.level.to_string(), lint.summary)).collect()
}

/// A pool that is already there is as good.
fn start_pool(threads: Option<usize>) {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).num_threads(threads.unwrap_or(0));
    drop(pool.build_global());
}

fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure {
        message: format!("cannot look at the working directory: {error}"),
        help: "change to a folder that exists".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Confidence, Diagnostic, Label};
    use crate::source::Span;

    #[test]
    fn what_is_reported_decides_the_exit_code() {
        let diagnostic = |level| Diagnostic {
            lint: "sequential_await",
            level,
            confidence: Confidence::Likely,
            file: FileId(0),
            function: String::new(),
            message: String::new(),
            primary: Label { span: Span::default(), text: String::new() },
            labels: Vec::new(),
            timeline: None,
            evidence: Vec::new(),
            notes: Vec::new(),
            fix: None,
        };
        let outcome = |levels: &[Level]| Outcome {
            diagnostics: levels.iter().map(|level| diagnostic(*level)).collect(),
            ..Outcome::default()
        };
        assert_eq!(exit_code(&outcome(&[]), false), 0);
        assert_eq!(exit_code(&outcome(&[Level::Allow]), false), 0);
        assert_eq!(exit_code(&outcome(&[Level::Allow, Level::Warn]), false), 1);
        assert_eq!(exit_code(&outcome(&[Level::Deny]), false), 1);
        assert_eq!(exit_code(&outcome(&[Level::Deny]), true), 0);
    }
}
