//! Why an await stands where it stands, for people.
//!
//! In: a [`Why`]. Out: a paragraph: the answer, the awaits of the region in time, the reasons with their places and the
//! evidence of the first, one link a line.

use super::text::{clean, count, cut, pad, width, wrap};
use super::{Style, item};
use crate::why::{Answer, Place, Reason, Rounds, Row, Trips, Why};

/// Reasons beyond the first that are told; the rest is counted.
const MOST_REASONS: usize = 5;
/// Awaits of a region that are shown before and behind the one that was asked about.
const MOST_AROUND: usize = 10;

/// The whole text, ending in a line break.
pub fn why(why: &Why, style: Style) -> String {
    let asked = format!("{}:{}: ", why.file, why.asked.line);
    let head = wrap(&clean(&format!("{asked}{}", answer(why)), style), style.width);
    let paragraphs = [head, why.region.as_ref().map(|trips| region(trips, why, style)).unwrap_or_default()];
    let reasons = reasons(why, style);
    let lines = paragraphs.into_iter().chain([reasons]).filter(|lines| !lines.is_empty());
    let lines = lines.map(|lines| lines.into_iter().map(|line| line + "\n").collect::<String>());
    lines.collect::<Vec<String>>().join("\n")
}

fn answer(why: &Why) -> String {
    let asked = format!("`{}`", why.asked.name);
    match &why.answer {
        Answer::First => format!("{asked} is the first await of its body, and waits for nothing"),
        Answer::Early(_) => format!("{asked} waits without need, it could start earlier"),
        Answer::Blocked(Reason { behind: Place { name, line }, .. }) => match (name.as_str(), *line) {
            ("", line) if line == why.asked.line => format!("{asked} must wait"),
            ("", line) => format!("{asked} must wait for line {line}"),
            (name, line) => format!("{asked} must wait for line {line}, `{name}`"),
        },
    }
}

/// When each await starts, today and then.
fn region(trips: &Trips, why: &Why, style: Style) -> Vec<String> {
    let place = match why.function.as_str() {
        "" => String::new(),
        function => format!(" of `{function}`"),
    };
    let today = count(trips.before, "round trip");
    let mut lines = wrap(
        &clean(&format!("This part{place}: {today} today, {} at best", trips.after), style),
        style.width.saturating_sub(2),
    );
    lines.iter_mut().for_each(|line| line.insert_str(0, "  "));
    let rows = around(&trips.rows);
    let digits = rows.iter().map(|row| row.place.line.to_string().len()).max().unwrap_or(0).max("line".len());
    let name = |row: &Row| cut(&clean(&format!("`{}`", row.place.name), style), style.width / 2, style);
    let names = rows.iter().map(|row| width(&name(row))).max().unwrap_or(0);
    lines.push(String::new());
    lines.push(format!("    {:>digits$}  {}  today  at best", "line", " ".repeat(names)));
    for row in rows {
        let trip =
            |trip: fn((usize, usize)) -> usize| row.trips.map_or("-".to_owned(), |trips| trip(trips).to_string());
        let line = format!(
            "{} {:>digits$}  {}  {:>5}  {:>7}",
            if row.is_asked { ">" } else { " " },
            row.place.line,
            pad(&name(row), names),
            trip(|(today, _)| today),
            trip(|(_, then)| then)
        );
        lines.push(format!("  {}", if row.is_asked { style.fair(&line) } else { line }));
    }
    let left_out = trips.rows.len() - rows.len();
    if left_out > 0 {
        lines.push(format!("    and {}", count(left_out, "await")));
    }
    lines
}

/// The rows near the one that was asked about.
fn around(rows: &[Row]) -> &[Row] {
    let asked = rows.iter().position(|row| row.is_asked).unwrap_or(0);
    let end = (asked + MOST_AROUND + 1).min(rows.len());
    rows.get(asked.saturating_sub(MOST_AROUND)..end).unwrap_or(rows)
}

fn reasons(why: &Why, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    match &why.answer {
        Answer::First => {}
        Answer::Early(links) => lines.extend(evidence("reads:", links, style)),
        Answer::Blocked(reason) => {
            lines.extend(item("why:", &told(why, reason, style), style));
            lines.extend(evidence("", &reason.links, style));
        }
    }
    for (index, reason) in why.also.iter().take(MOST_REASONS).enumerate() {
        lines.extend(item(if index == 0 { "also:" } else { "" }, &told(why, reason, style), style));
    }
    if why.also.len() > MOST_REASONS {
        lines.extend(item("", &format!("and {} more", why.also.len() - MOST_REASONS), style));
    }
    if let Some(rounds) = &why.rounds {
        lines.extend(item("loop:", &of_rounds(why, rounds, style), style));
        lines.extend(rounds.kept.iter().flat_map(|kept| evidence("", &kept.links, style)));
    }
    if !why.beside.is_empty() {
        lines.extend(item("join:", &clean(&places(&why.beside), style), style));
    }
    lines
}

/// Whether the rounds of the loop around it wait for one another, and why.
fn of_rounds(why: &Why, rounds: &Rounds, style: Style) -> String {
    let of = format!("the rounds of the loop in line {}", rounds.line);
    match &rounds.kept {
        None => format!("{of} need not wait for one another"),
        Some(kept) if kept.behind.line == rounds.line => {
            format!("{of} stay in a row: {} ({})", kept.sentence, kept.kind)
        }
        Some(kept) => format!("{of} stay in a row; {}", told(why, kept, style)),
    }
}

/// "`fetch`, src/page.rs:9: it needs `user` (flow(user))".
fn told(why: &Why, reason: &Reason, style: Style) -> String {
    let name = if reason.behind.name.is_empty() { String::new() } else { format!("`{}`, ", reason.behind.name) };
    let seen = reason.seen.map_or(String::new(), |line| format!(", seen in line {line}"));
    let more = if reason.more == 0 { String::new() } else { format!(", and {} before it", reason.more) };
    let text = format!("{name}{}:{}{more}: {} ({}){seen}", why.file, reason.behind.line, reason.sentence, reason.kind);
    clean(&text, style).into_owned()
}

/// One link a line, each a little further to the right than what it explains.
fn evidence(word: &str, links: &[String], style: Style) -> Vec<String> {
    let last = links.len().saturating_sub(1);
    let lines = links.iter().enumerate().flat_map(|(number, link)| {
        let (start, comma) = (if number == 0 { "it " } else { "" }, if number == last { "" } else { "," });
        let indent = if word.is_empty() { "  " } else { "" };
        item(if number == 0 { word } else { "" }, &clean(&format!("{start}{link}{comma}"), style), style)
            .into_iter()
            .map(move |line| format!("{indent}{line}"))
    });
    lines.collect()
}

fn places(places: &[Place]) -> String {
    let each = places.iter().map(|place| format!("`{}` (line {})", place.name, place.line));
    each.collect::<Vec<String>>().join(", ")
}
