//! How the awaits of a region lie in time, as bars.
//!
//! In: a [`Timeline`]. Out: lines: one chart for today, one for then, on the same scale, a row per await.

use super::Style;
use super::text::{clean, count, cut, pad, width};
use crate::diagnostic::{Row, Timeline};

/// Columns a round trip takes where there is room.
const WIDEST_STEP: usize = 4;
/// Rows that are drawn; the rest is counted.
const MOST_ROWS: usize = 16;
const GAP: usize = 3;

/// Draws a timeline in at most `style.width` columns; nothing when there is nothing to compare.
pub(super) fn draw(timeline: &Timeline, style: Style) -> Vec<String> {
    if timeline.rows.is_empty() || timeline.before == 0 {
        return Vec::new();
    }
    let names: Vec<String> = timeline.rows.iter().map(|row| name(row, style)).collect();
    let name_width = names.iter().take(MOST_ROWS).map(|name| width(name)).max().unwrap_or(0);
    let room = style.width.saturating_sub(2 + name_width + 2 * GAP);
    let then = format!("then: {}", timeline.after);
    let mut today = format!("today: {}", count(timeline.before, "round trip"));
    if width(&today) + width(&then) > room {
        today = format!("today: {}", timeline.before);
    }
    let scale = Scale::new(timeline, room, width(&then));
    let today_width = scale.columns(timeline.before).max(width(&today));
    let head = format!("  {}{}{}{then}", " ".repeat(name_width + GAP), pad(&today, today_width), " ".repeat(GAP));
    let mut lines = vec![head];
    for (row, name) in timeline.rows.iter().zip(&names).take(MOST_ROWS) {
        let (before, before_width) = scale.bar(row.before, row.length, style, Style::fair);
        let (after, _) = scale.bar(row.after, row.length, style, Style::good);
        let space = " ".repeat((today_width + GAP).saturating_sub(before_width));
        lines.push(format!("  {}{}{before}{space}{after}", pad(name, name_width), " ".repeat(GAP)));
    }
    if timeline.rows.len() > MOST_ROWS {
        lines.push(format!("  and {} more", timeline.rows.len() - MOST_ROWS));
    }
    lines
}

fn name(row: &Row, style: Style) -> String {
    cut(&clean(&row.name, style), (style.width / 3).clamp(8, 32), style)
}

/// Round trips to columns, as a fraction.
struct Scale {
    columns: usize,
    trips: usize,
}

impl Scale {
    /// Both charts beside one another in `room` columns, of which the second has `least` at least.
    fn new(timeline: &Timeline, room: usize, least: usize) -> Scale {
        let trips = (timeline.before + timeline.after).max(1);
        let scale = |room: usize| Scale { columns: room.min(trips * WIDEST_STEP), trips };
        let whole = scale(room);
        if whole.columns(timeline.after) < least { scale(room.saturating_sub(least)) } else { whole }
    }

    fn columns(&self, trips: usize) -> usize {
        trips * self.columns / self.trips
    }

    /// Waiting, then working; and the columns that takes.
    fn bar(&self, start: usize, length: usize, style: Style, paint: fn(Style, &str) -> String) -> (String, usize) {
        let from = self.columns(start);
        let columns = (self.columns(start + length).saturating_sub(from)).max(1);
        let (wait, work) = if style.unicode { ("·", "█") } else { (".", "#") };
        (format!("{}{}", style.dim(&wait.repeat(from)), paint(style, &work.repeat(columns))), from + columns)
    }
}
