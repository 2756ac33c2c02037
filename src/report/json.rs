//! Cargo's own JSON, as editors and `rustfix` read it.
//!
//! In: a [`Report`]. Out: one object per line: a `compiler-message` for each diagnostic, a `compiler-artifact` for each
//! package, `build-finished`.
//! Invariant: byte offsets count in the raw file, columns in characters from 1, and file names from the workspace root.
//! Invariant: a fix is one child, all its spans are primary, they have one applicability, and they cover the place the
//! diagnostic points at: editors offer a fix only where it edits.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::escaped::line;
use super::{Rendered, Report, Style, code, human, located, remarks, rewritten, short};
use crate::diagnostic::{Diagnostic, Edit, Fix, Label, Level};
use crate::discover::{Package, Target, Workspace};
use crate::source::{SourceFile, Span};

/// Columns of the human text inside, which no terminal measures.
const RENDERED_WIDTH: usize = 100;

/// Writes all lines.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>, rendered: Rendered, style: Style) -> io::Result<()> {
    let style = Style { color: rendered == Rendered::Ansi, width: RENDERED_WIDTH, ..style };
    let own = |origin: Origin| if report.built.is_some() { origin.apart() } else { origin };
    for (diagnostic, file) in located(report) {
        let origin = own(Origin::of_file(file, report.workspace));
        let message = message(diagnostic, file, rendered, style);
        line(out, &CompilerMessage { reason: "compiler-message", origin, message })?;
    }
    let packages = report.packages.iter().filter_map(|index| report.workspace.packages.get(*index));
    let mut origins: Vec<Origin> = packages.filter_map(Origin::of_package).collect();
    if origins.is_empty() {
        origins.push(Origin::of_folder(&report.workspace.root, None));
    }
    for origin in origins {
        line(out, &CompilerArtifact::new(own(origin)))?;
    }
    let is_denied = report.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Deny);
    line(out, &BuildFinished { reason: "build-finished", success: report.built != Some(false) && !is_denied })
}

#[derive(Serialize)]
struct CompilerMessage<'a> {
    reason: &'static str,
    #[serde(flatten)]
    origin: Origin,
    message: Message<'a>,
}

#[derive(Serialize)]
struct CompilerArtifact {
    reason: &'static str,
    #[serde(flatten)]
    origin: Origin,
    profile: Profile,
    features: [String; 0],
    filenames: [String; 0],
    executable: Option<String>,
    /// Old diagnostics of a package are forgotten only when it was not fresh.
    fresh: bool,
}

#[derive(Serialize)]
struct Profile {
    opt_level: &'static str,
    debuginfo: u8,
    debug_assertions: bool,
    overflow_checks: bool,
    test: bool,
}

#[derive(Serialize)]
struct BuildFinished {
    reason: &'static str,
    success: bool,
}

/// The package and target that a line of JSON is about.
#[derive(Serialize)]
struct Origin {
    package_id: String,
    manifest_path: String,
    target: TargetJson,
}

#[derive(Serialize)]
struct TargetJson {
    kind: Vec<String>,
    crate_types: Vec<String>,
    name: String,
    src_path: String,
    edition: String,
    doc: bool,
    doctest: bool,
    test: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    rendered: Option<String>,
    #[serde(rename = "$message_type")]
    message_type: &'static str,
    children: Vec<Child<'a>>,
    level: String,
    message: &'a str,
    spans: Vec<SpanJson<'a>>,
    code: Option<Code>,
}

#[derive(Serialize)]
struct Child<'a> {
    children: [(); 0],
    code: Option<Code>,
    level: &'static str,
    message: String,
    rendered: Option<String>,
    spans: Vec<SpanJson<'a>>,
}

#[derive(Serialize)]
struct Code {
    code: String,
    explanation: Option<String>,
}

#[derive(Serialize)]
struct SpanJson<'a> {
    file_name: &'a str,
    byte_start: u32,
    byte_end: u32,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<LineJson<'a>>,
    label: Option<&'a str>,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<String>,
    expansion: Option<()>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    text: &'a str,
    highlight_start: usize,
    highlight_end: usize,
}

fn message<'a>(diagnostic: &'a Diagnostic, file: &'a SourceFile, rendered: Rendered, style: Style) -> Message<'a> {
    let primary = labelled(&diagnostic.primary, file, true);
    let others = diagnostic.labels.iter().map(|label| labelled(label, file, false));
    let rendered = match rendered {
        Rendered::Short => short::render(diagnostic, file, style) + "\n",
        Rendered::Plain | Rendered::Ansi => human::render(diagnostic, file, style),
    };
    Message {
        rendered: Some(rendered),
        message_type: "diagnostic",
        children: children(diagnostic, file),
        level: diagnostic.level.to_string(),
        message: &diagnostic.message,
        spans: std::iter::once(primary).chain(others).collect(),
        code: code(diagnostic).map(|code| Code { code, explanation: None }),
    }
}

/// The fix with its spans, then everything that has no place of its own.
fn children<'a>(diagnostic: &'a Diagnostic, file: &'a SourceFile) -> Vec<Child<'a>> {
    let mut children = Vec::new();
    if let Some(fix) = &diagnostic.fix {
        children.push(child("help", fix.title.clone(), suggestions(fix, diagnostic.primary.span, file)));
    }
    children.extend(remarks(diagnostic).into_iter().map(|remark| child("note", remark, Vec::new())));
    children
}

fn child<'a>(level: &'static str, message: String, spans: Vec<SpanJson<'a>>) -> Child<'a> {
    Child { children: [], code: None, level, message, rendered: None, spans }
}

fn labelled<'a>(label: &'a Label, file: &'a SourceFile, is_primary: bool) -> SpanJson<'a> {
    let text = Some(label.text.as_str()).filter(|text| !text.is_empty());
    SpanJson { label: text, is_primary, ..span(label.span, file) }
}

fn suggestions<'a>(fix: &Fix, primary: Span, file: &'a SourceFile) -> Vec<SpanJson<'a>> {
    let suggestion = |edit: Edit| SpanJson {
        is_primary: true,
        suggested_replacement: Some(edit.replacement),
        suggestion_applicability: Some(fix.applicability.to_string()),
        ..span(edit.span, file)
    };
    covering(&fix.edits, primary, file).into_iter().map(suggestion).collect()
}

/// The same edits, with those around the primary span widened into one that covers it.
fn covering(edits: &[Edit], primary: Span, file: &SourceFile) -> Vec<Edit> {
    let touches = |edit: &&Edit| edit.span.start <= primary.end && primary.start <= edit.span.end;
    let region = edits.iter().filter(touches).fold(primary, |region, edit| region.to(edit.span));
    let (inside, mut outside): (Vec<Edit>, Vec<Edit>) =
        edits.iter().cloned().partition(|edit| region.contains(edit.span));
    match inside.as_slice() {
        [edit] if edit.span == region => outside.push(edit.clone()),
        _ => outside.push(Edit { span: region, replacement: rewritten::apply(&inside, region, file) }),
    }
    outside.sort_by_key(|edit| edit.span);
    outside
}

fn span(span: Span, file: &SourceFile) -> SpanJson<'_> {
    let (start, end) = (file.position(span.start), file.position(span.end));
    let line = |number: usize| {
        let text = file.slice(file.line_span(number));
        let whole = text.chars().count() + 1;
        LineJson {
            text,
            highlight_start: if number == start.line { start.column } else { 1 },
            highlight_end: if number == end.line { end.column } else { whole },
        }
    };
    SpanJson {
        file_name: &file.name,
        byte_start: span.start,
        byte_end: span.end,
        line_start: start.line,
        line_end: end.line,
        column_start: start.column,
        column_end: end.column,
        is_primary: false,
        text: (start.line..=end.line).map(line).collect(),
        label: None,
        suggested_replacement: None,
        suggestion_applicability: None,
        expansion: None,
    }
}

impl Origin {
    fn of_file(file: &SourceFile, workspace: &Workspace) -> Origin {
        let package = file.package.and_then(|index| workspace.packages.get(index));
        package
            .and_then(|package| Some(Origin::new(package, package.target_of(&file.path)?)))
            .unwrap_or_else(|| Origin::of_folder(&workspace.root, Some(&file.path)))
    }

    /// The same beside cargo, who has finished with the package. rust-analyzer 1.85 forgets what comes for it after that.
    fn apart(mut self) -> Origin {
        self.package_id.insert_str(0, "conjoin+");
        self
    }

    fn of_package(package: &Package) -> Option<Origin> {
        Some(Origin::new(package, package.targets.first()?))
    }

    fn new(package: &Package, target: &Target) -> Origin {
        let is = |kind: &str| target.kinds.iter().any(|own| own == kind);
        let is_program = ["bin", "test", "example", "bench", "custom-build"].into_iter().any(is);
        let crate_types = if is_program { vec!["bin".to_owned()] } else { target.kinds.clone() };
        let target = TargetJson {
            kind: target.kinds.clone(),
            crate_types,
            name: target.name.clone(),
            src_path: target.src_path.to_string_lossy().into_owned(),
            edition: package.edition.to_string(),
            doc: !is_program || is("bin"),
            doctest: !is_program,
            test: !is("custom-build") && !is("example"),
        };
        let manifest_path = package.manifest_path.to_string_lossy().into_owned();
        Origin { package_id: package.id.clone(), manifest_path, target }
    }

    /// A stand-in for files that no package has.
    fn of_folder(root: &Path, file: Option<&Path>) -> Origin {
        let folder = root.to_string_lossy().replace('\\', "/");
        let name = root.file_name().map_or("files".into(), |name| name.to_string_lossy());
        let target = TargetJson {
            kind: vec!["lib".to_owned()],
            crate_types: vec!["lib".to_owned()],
            name: name.replace('-', "_"),
            src_path: file.unwrap_or(root).to_string_lossy().into_owned(),
            edition: "2024".to_owned(),
            doc: false,
            doctest: false,
            test: false,
        };
        let manifest_path = root.join("Cargo.toml").to_string_lossy().into_owned();
        Origin { package_id: format!("path+file://{folder}#{name}@0.0.0"), manifest_path, target }
    }
}

impl CompilerArtifact {
    fn new(origin: Origin) -> CompilerArtifact {
        let profile =
            Profile { opt_level: "0", debuginfo: 2, debug_assertions: true, overflow_checks: true, test: false };
        CompilerArtifact {
            reason: "compiler-artifact",
            origin,
            profile,
            features: [],
            filenames: [],
            executable: None,
            fresh: false,
        }
    }
}
