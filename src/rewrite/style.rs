//! How rustfmt is told to lay out a file.
//!
//! In: a file. Out: [`Style`], from the nearest `rustfmt.toml` or `.rustfmt.toml` above it, as rustfmt looks for it.
//!
//! Invariant: what cannot be read, or says something else, leaves the defaults.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use unicode_width::UnicodeWidthStr;

use crate::source::{SourceFile, read_text};

/// The widths that rustfmt keeps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Columns of a line.
    pub(super) max_width: usize,
    /// Columns of one level of indentation.
    pub(super) tab_spaces: usize,
    /// Whether a level is a tab.
    pub(super) hard_tabs: bool,
    /// The widest arguments on one line.
    pub(super) fn_call_width: usize,
    /// The widest array on one line.
    pub(super) array_width: usize,
    /// The widest chain of more than one link on one line.
    pub(super) chain_width: usize,
    /// The widest fields of a struct on one line.
    pub(super) struct_lit_width: usize,
}

/// What we ask of a configuration; all else is for rustfmt.
#[derive(Debug, Default, Deserialize)]
struct Config {
    max_width: Option<usize>,
    tab_spaces: Option<usize>,
    hard_tabs: Option<bool>,
    use_small_heuristics: Option<Heuristics>,
    fn_call_width: Option<usize>,
    array_width: Option<usize>,
    chain_width: Option<usize>,
    struct_lit_width: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum Heuristics {
    Off,
    Max,
    #[default]
    Default,
}

/// The style of a file; of one that nobody knows where it lies, the defaults.
pub(super) fn style(source: &SourceFile) -> Style {
    let is_known = source.path.is_absolute();
    let folders = source.path.ancestors().skip(1).filter(|_| is_known);
    let files = folders.flat_map(style_files);
    let nearest = files.into_iter().find(|file| file.is_file());
    of(&nearest.and_then(|file| read(&file)).unwrap_or_default())
}

/// The files of a folder that may say how what lies in it and below is laid out.
pub(crate) fn style_files(folder: &Path) -> [PathBuf; 2] {
    [".rustfmt.toml", "rustfmt.toml"].map(|name| folder.join(name))
}

impl Style {
    /// The columns a text takes, tabs as wide as a level.
    pub(super) fn width(&self, text: &str) -> usize {
        let tabs = text.bytes().filter(|byte| *byte == b'\t').count();
        UnicodeWidthStr::width(text) + tabs * self.tab_spaces - tabs * UnicodeWidthStr::width("\t")
    }

    /// The style, with the unit that a file is indented by.
    pub(super) fn with_unit(mut self, unit: Option<&str>) -> Style {
        match unit {
            Some("\t") => self.hard_tabs = true,
            Some(spaces @ ("  " | "   " | "    " | "        ")) => {
                self.hard_tabs = false;
                self.tab_spaces = spaces.len();
            }
            _ => {}
        }
        self
    }

    /// White space of so many columns.
    pub(super) fn indent(&self, columns: usize) -> String {
        match self.hard_tabs {
            true => "\t".repeat(columns / self.tab_spaces.max(1)) + &" ".repeat(columns % self.tab_spaces.max(1)),
            false => " ".repeat(columns),
        }
    }
}

fn read(file: &Path) -> Option<Config> {
    toml::from_str(&read_text(file).ok()?).ok()
}

/// Wider lines and tabs are nobody's wish, and so many blanks would have to be written.
const WIDEST: usize = 10_000;
const WIDEST_TAB: usize = 64;

fn of(config: &Config) -> Style {
    let max_width = config.max_width.unwrap_or(100).min(WIDEST);
    // Tenths, so that rounding is exact: the share grows with lines wider than 100, to the nearest tenth.
    let tenths = if max_width > 100 { (max_width + 5) / 10 } else { 10 };
    let share = |default: usize| match config.use_small_heuristics.unwrap_or_default() {
        // Literals of structs then have a line for each field; all else fills its lines.
        Heuristics::Off if default < 60 => 0,
        Heuristics::Off => max_width,
        Heuristics::Max => max_width,
        Heuristics::Default => ((default * tenths + 5) / 10).min(max_width),
    };
    let of = |given: Option<usize>, default: usize| given.map_or_else(|| share(default), |given| given.min(max_width));
    Style {
        max_width,
        tab_spaces: config.tab_spaces.unwrap_or(4).min(WIDEST_TAB),
        hard_tabs: config.hard_tabs.unwrap_or(false),
        fn_call_width: of(config.fn_call_width, 60),
        array_width: of(config.array_width, 60),
        chain_width: of(config.chain_width, 60),
        struct_lit_width: of(config.struct_lit_width, 18),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Style {
        of(&toml::from_str(text).unwrap_or_default())
    }

    #[test]
    fn widths_follow_the_heuristics() {
        let widths = |text: &str| {
            let style = parsed(text);
            (style.max_width, style.fn_call_width, style.chain_width, style.struct_lit_width)
        };
        assert_eq!(widths(""), (100, 60, 60, 18));
        assert_eq!(widths("max_width = 80"), (80, 60, 60, 18));
        assert_eq!(widths("max_width = 120"), (120, 72, 72, 22));
        assert_eq!(widths("max_width = 120\nuse_small_heuristics = \"Max\""), (120, 120, 120, 120));
        assert_eq!(widths("use_small_heuristics = \"Off\"\nchain_width = 40"), (100, 100, 40, 0));
    }

    #[test]
    fn no_width_is_beyond_measure() {
        let style = parsed("max_width = 9223372036854775807\ntab_spaces = 9223372036854775807");
        assert_eq!((style.max_width, style.fn_call_width, style.tab_spaces), (WIDEST, 6_000, WIDEST_TAB));
    }

    #[test]
    fn what_is_not_understood_leaves_the_defaults() {
        assert_eq!(parsed("max_width = \"wide\""), parsed(""));
        assert_eq!(parsed("imports_granularity = \"Item\"\nmax_width = 90").max_width, 90);
    }

    #[test]
    fn tabs_are_as_wide_as_a_level() {
        let style = parsed("hard_tabs = true\ntab_spaces = 8");
        assert_eq!((style.width("\t\tlet 名"), style.indent(16)), (22, "\t\t".to_owned()));
    }
}
