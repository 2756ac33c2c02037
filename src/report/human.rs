//! Diagnostics for people at a terminal.
//!
//! In: a [`Diagnostic`], its file and a [`Style`]. Out: a few paragraphs: what and where (drawn by miette), the awaits
//! in time, what to write instead, why it may be believed, what else changes.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::snippet::{Snippet, WIDEST_GAP, snippet};
use super::text::{clean, width, wrap};
use super::{Style, code, item, rewritten, timeline};
use crate::diagnostic::{Applicability, Diagnostic, Fix, Level};
use crate::source::SourceFile;

/// Columns of the sign to the left of a title.
const ICON: usize = 4;
/// Columns that miette leaves free to the right of a title.
const MARGIN: usize = 2;
/// Lines of evidence; the rest is counted.
const MOST_REASONS: usize = 4;

/// The whole text, ending in a line break.
pub(super) fn render(diagnostic: &Diagnostic, file: &SourceFile, style: Style) -> String {
    let mut text = headline(diagnostic, file, style);
    let mut paragraphs = Vec::new();
    if let Some(timeline) = &diagnostic.timeline {
        paragraphs.push(timeline::draw(timeline, style));
    }
    if let Some(fix) = &diagnostic.fix {
        paragraphs.push(advice(fix, file, style));
    }
    paragraphs.push(reasons(diagnostic, style));
    for line in paragraphs
        .iter()
        .filter(|lines| !lines.is_empty())
        .flat_map(|lines| std::iter::once("").chain(lines.iter().map(String::as_str)))
    {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// What and where, as miette draws it.
fn headline(diagnostic: &Diagnostic, file: &SourceFile, style: Style) -> String {
    let theme = GraphicalTheme {
        characters: if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width + MARGIN)
        .with_links(false)
        .with_context_lines(0)
        .without_syntax_highlighting();
    let headline = Headline {
        message: title(&clean(&diagnostic.message, style), style.width.saturating_sub(ICON)),
        code: code(diagnostic),
        level: diagnostic.level,
        snippet: snippet(diagnostic, file, style),
    };
    let mut text = String::new();
    if handler.render_report(&mut text, &headline).is_err() {
        text = super::short::render(diagnostic, file, style) + "\n";
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// In lines that fit. What it costs, behind the colon, is not torn apart when it needs a line more.
fn title(message: &str, limit: usize) -> String {
    let lines = wrap(message, limit);
    match message.rsplit_once(": ") {
        Some((what, cost)) if lines.last().is_some_and(|last| width(last) < width(cost)) && width(cost) <= limit => {
            let lines = wrap(&format!("{what}:"), limit).into_iter().chain([cost.to_owned()]);
            lines.collect::<Vec<String>>().join("\n")
        }
        _ => lines.join("\n"),
    }
}

/// What to write instead.
fn advice(fix: &Fix, file: &SourceFile, style: Style) -> Vec<String> {
    let doubt = match fix.applicability {
        Applicability::MachineApplicable => "",
        Applicability::MaybeIncorrect => " (look at it before you use it)",
    };
    let code = rewritten::lines(fix, file, style);
    let colon = if code.is_empty() { "" } else { ":" };
    let mut lines = item("help:", &format!("{}{doubt}{colon}", clean(&fix.title, style)), style);
    if !code.is_empty() {
        lines.push(String::new());
    }
    lines.extend(
        code.iter().map(|line| if line.is_empty() { String::new() } else { format!("    {}", style.good(line)) }),
    );
    lines
}

/// Why it may be believed, and what else changes.
fn reasons(diagnostic: &Diagnostic, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let reasons = &diagnostic.evidence;
    // What may run together does so because it reads.
    let title = if diagnostic.timeline.is_some() { "reads:" } else { "why:" };
    let shown = if reasons.len() > MOST_REASONS { MOST_REASONS - 1 } else { reasons.len() };
    for (index, line) in reasons.iter().take(shown).enumerate() {
        lines.extend(item(if index == 0 { title } else { "" }, &clean(line, style), style));
    }
    if shown < reasons.len() {
        lines.extend(item("", &format!("and {} more", reasons.len() - shown), style));
    }
    let place = match diagnostic.function.as_str() {
        "" => String::new(),
        function => format!("in `{}`; ", clean(function, style)),
    };
    if !diagnostic.lint.is_empty() {
        lines.extend(item("note:", &format!("{place}confidence: {}", diagnostic.confidence), style));
    }
    for note in &diagnostic.notes {
        lines.extend(item("note:", &clean(note, style), style));
    }
    lines
}

/// A diagnostic as miette asks for it.
#[derive(Debug)]
struct Headline {
    message: String,
    code: Option<String>,
    level: Level,
    snippet: Snippet,
}

impl fmt::Display for Headline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Headline {}

impl miette::Diagnostic for Headline {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.level == Level::Deny { Severity::Error } else { Severity::Warning })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.snippet.marks.iter().map(|mark| {
            let text = Some(mark.text.clone()).filter(|text| !text.is_empty());
            let span = (mark.range.start, mark.range.len());
            if mark.is_primary {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}

impl SourceCode for Snippet {
    /// Whole lines always. The number of lines is given too high by the widest gap, because miette draws two spans in
    /// one box when the lines of the first reach those of the second.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let range = span.offset()..span.offset() + span.len();
        let lines = self.lines_of(&range).ok_or(MietteError::OutOfBounds)?;
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return Err(MietteError::OutOfBounds);
        };
        let column = self.marks.iter().find(|mark| mark.range.start == range.start).map_or(1, |mark| mark.column);
        let bytes = first.range.start..last.range.end;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes().get(bytes.clone()).unwrap_or_default(),
            (bytes.start, bytes.len()).into(),
            first.number - 1,
            column - 1,
            lines.len() + WIDEST_GAP,
        )))
    }
}
