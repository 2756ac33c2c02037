//! One page with the waterfalls of a workspace, most saved round trips first.
//!
//! In: a [`Report`]. Out: HTML that needs no other file, no script and no network.
//! Invariant: nothing of a source is markup, and nothing is fetched: the page forbids it to itself.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::io::{self, Write};

use super::known::{Known, known, rule};
use super::text::{capitalised, count};
use super::{Report, Style, clean, rewritten};
use crate::diagnostic::{Applicability, Diagnostic, Row, Timeline};
use crate::source::SourceFile;

/// Names and texts are not cut here; a browser finds room.
const STYLE: Style = Style { color: false, unicode: true, width: 120 };
const CSS: &str = include_str!("html.css");
/// Unchanged lines between two marked ones that are shown rather than left out.
const WIDEST_GAP: usize = 3;
const MOST_LINES: usize = 60;

/// Writes the page.
///
/// # Errors
///
/// The writer fails.
pub fn html(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let mut found = known(report);
    found.sort_by_key(|known| Reverse(saved(known.diagnostic)));
    let title = "conjoin: what waits without need";
    write!(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n")?;
    out.write_all(b"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
    out.write_all(
        b"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    )?;
    write!(out, "<style>\n{CSS}</style>\n<header>\n<h1>What waits without need</h1>\n")?;
    overview(out, report, &found)?;
    out.write_all(b"</header>\n<main>\n")?;
    found.iter().try_for_each(|known| article(out, known))?;
    out.write_all(b"</main>\n</html>\n")
}

fn saved(diagnostic: &Diagnostic) -> usize {
    diagnostic.timeline.as_ref().map_or(0, |timeline| timeline.before.saturating_sub(timeline.after))
}

/// What it comes to, and of which package.
fn overview(out: &mut dyn Write, report: &Report<'_>, found: &[Known<'_>]) -> io::Result<()> {
    let looked = format!("{} and {}", count(report.files, "file"), count(report.lines, "line"));
    if found.is_empty() {
        return writeln!(out, "<p class=\"big\">Nothing. {looked} were read.</p>");
    }
    let places: BTreeSet<(&str, &str)> =
        found.iter().map(|known| (known.path.as_str(), known.diagnostic.function.as_str())).collect();
    let all = sum(found.iter());
    writeln!(
        out,
        "<p class=\"big\">{} of {} could be saved, in {}.</p>\n<p class=\"soft\">{} in {looked}. Each bar is an await, drawn over the \
         round trips that it takes.</p>",
        all.1,
        count(all.0, "round trip"),
        count(places.len(), "function"),
        count(found.len(), "finding")
    )?;
    let mut packages: BTreeMap<&str, Vec<&Known<'_>>> = BTreeMap::new();
    for known in found {
        let package = known.file.package.and_then(|package| report.workspace.packages.get(package));
        packages.entry(package.map_or("", |package| package.name.as_str())).or_default().push(known);
    }
    if packages.len() < 2 {
        return Ok(());
    }
    let mut rows: Vec<(&str, usize, (usize, usize))> =
        packages.into_iter().map(|(name, found)| (name, found.len(), sum(found.into_iter()))).collect();
    rows.sort_by_key(|(.., (_, saved))| Reverse(*saved));
    out.write_all(b"<table>\n<tr><th>package<th>findings<th>round trips<th>saved\n")?;
    for (name, findings, (trips, saved)) in rows {
        writeln!(out, "<tr><td>{}<td>{findings}<td>{trips}<td>{saved}", Text(name))?;
    }
    out.write_all(b"</table>\n")
}

/// Round trips today, and how many of them could be saved.
fn sum<'k, 'd: 'k>(found: impl Iterator<Item = &'k Known<'d>>) -> (usize, usize) {
    found.fold((0, 0), |(before, all), known| {
        let trips = known.diagnostic.timeline.as_ref().map_or(0, |timeline| timeline.before);
        (before + trips, all + saved(known.diagnostic))
    })
}

fn article(out: &mut dyn Write, known: &Known<'_>) -> io::Result<()> {
    let Known { diagnostic, file, path, fingerprint } = known;
    let line = file.position(diagnostic.primary.span.start).line;
    let function = if diagnostic.function.is_empty() { rule(diagnostic) } else { &diagnostic.function };
    write!(
        out,
        "<article id=\"f{}\">\n<div class=\"head\"><h2><code>{}</code></h2>",
        &fingerprint[..12],
        Text(function)
    )?;
    if let Some(timeline) = &diagnostic.timeline {
        write!(
            out,
            "<span class=\"trips\"><b>{}</b> → <b>{}</b></span>",
            count(timeline.before, "round trip"),
            timeline.after
        )?;
    }
    writeln!(
        out,
        "</div>\n<p class=\"soft\"><code>{}:{line}</code></p>\n<p>{}.</p>",
        Text(path),
        Prose(&diagnostic.message)
    )?;
    if let Some(timeline) = &diagnostic.timeline {
        chart(out, timeline)?;
    }
    advice(out, diagnostic, file)?;
    writeln!(out, "<details><summary>The code today</summary>\n<pre>{}</pre></details>", code(diagnostic, file))?;
    reasons(out, diagnostic)?;
    out.write_all(b"</article>\n")
}

/// A row for each await: its name, when it runs today, and when it could.
fn chart(out: &mut dyn Write, timeline: &Timeline) -> io::Result<()> {
    let trips = timeline.before.max(timeline.after).max(1);
    writeln!(
        out,
        "<div class=\"chart\" role=\"img\" aria-label=\"{} today, {} then\"><span class=\"of first\"></span>\
         <span class=\"of\">today</span><span class=\"of\">then</span>",
        count(timeline.before, "round trip"),
        timeline.after
    )?;
    for Row { name, before, after, length } in &timeline.rows {
        let bar = |start: &usize| format!("<i style=\"--s:{start};--l:{};--n:{trips}\"></i>", length.max(&1));
        writeln!(
            out,
            "<code class=\"name\" title=\"{0}\">{0}</code><span class=\"track\">{1}</span><span class=\"track then\">{2}</span>",
            Text(name),
            bar(before),
            bar(after)
        )?;
    }
    out.write_all(b"</div>\n")
}

/// What to write instead.
fn advice(out: &mut dyn Write, diagnostic: &Diagnostic, file: &SourceFile) -> io::Result<()> {
    let Some(fix) = &diagnostic.fix else { return Ok(()) };
    let doubt = match fix.applicability {
        Applicability::MachineApplicable => "",
        Applicability::MaybeIncorrect => " (look at it before you use it)",
    };
    let lines = rewritten::lines(fix, file, STYLE).join("\n");
    writeln!(
        out,
        "<details><summary>{}{doubt}</summary>\n<pre>{}</pre></details>",
        Prose(&capitalised(&fix.title)),
        Text(&lines)
    )
}

fn reasons(out: &mut dyn Write, diagnostic: &Diagnostic) -> io::Result<()> {
    let evidence = diagnostic.evidence.iter().map(|line| format!("<li>{}\n", Prose(line)));
    let notes = diagnostic.notes.iter().map(|note| format!("<li class=\"soft\">{}\n", Prose(note)));
    let lines: String = evidence.chain(notes).collect();
    let confidence = diagnostic.confidence;
    writeln!(out, "<details><summary>Why: {confidence}</summary>\n<ul>\n{lines}</ul></details>")
}

/// The lines that are pointed at and few between them, each with its number and what is said of it.
fn code(diagnostic: &Diagnostic, file: &SourceFile) -> String {
    let labels = || diagnostic.labels.iter().chain([&diagnostic.primary]);
    let marked: BTreeSet<usize> = labels()
        .flat_map(|label| file.position(label.span.start).line..=file.position(label.span.end).line)
        .take(MOST_LINES)
        .collect();
    let says = |line: usize| {
        let here = labels().filter(|label| file.position(label.span.end).line == line && !label.text.is_empty());
        here.map(|label| format!("  <span class=\"says\">← {}</span>", Prose(&label.text))).collect::<String>()
    };
    let mut text = String::new();
    let mut last = None;
    for line in &marked {
        let between = last.map_or(*line..*line, |last| last + 1..*line);
        if between.len() > WIDEST_GAP {
            text.push_str("<span><span class=\"n\">…</span></span>");
        } else {
            between.for_each(|line| text.push_str(&code_line(file, line, "", "")));
        }
        text.push_str(&code_line(file, *line, " class=\"mark\"", &says(*line)));
        last = Some(*line);
    }
    text
}

fn code_line(file: &SourceFile, line: usize, class: &str, says: &str) -> String {
    let text = file.slice(file.line_span(line));
    format!("<span{class}><span class=\"n\">{line}</span>{}{says}</span>", Text(text))
}

/// Text as it is: nothing in it is markup, nothing hides or turns what stands beside it.
struct Text<'t>(&'t str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |line: &str| {
            let line = clean(line, STYLE).replace('&', "&amp;").replace('<', "&lt;");
            line.replace('>', "&gt;").replace('"', "&quot;")
        };
        f.write_str(&self.0.split('\n').map(escape).collect::<Vec<String>>().join("\n"))
    }
}

/// A sentence in which code stands between backticks.
struct Prose<'t>(&'t str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.0.split('`').enumerate() {
            match number % 2 {
                0 => Text(part).fmt(f)?,
                _ => write!(f, "<code>{}</code>", Text(part))?,
            }
        }
        Ok(())
    }
}
