//! One line for each diagnostic, in the shape that editors and problem matchers know.
//!
//! In: a [`Diagnostic`]. Out: `file:line:column: warning: message [conjoin::lint]`.
//! Invariant: no line begins with what a log of GitHub takes for a command, whatever a file is called.

use super::text::clean;
use super::{Style, code};
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;

/// The line, without its end.
pub(super) fn render(diagnostic: &Diagnostic, file: &SourceFile, style: Style) -> String {
    let place = file.position(diagnostic.primary.span.start);
    let code = code(diagnostic).map_or(String::new(), |code| format!(" [{code}]"));
    let here = if file.name.starts_with([':', '#']) { "./" } else { "" };
    format!(
        "{here}{}:{}:{}: {} {}{}",
        clean(&file.name, style),
        place.line,
        place.column,
        style.level(diagnostic.level, &format!("{}:", diagnostic.level)),
        clean(&diagnostic.message, style),
        style.dim(&code)
    )
}
