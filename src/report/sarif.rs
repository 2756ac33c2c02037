//! SARIF 2.1.0, as code scanning of GitHub and others reads it.
//!
//! In: a [`Report`]. Out: one log with one run.
//! Invariant: columns count UTF-16 units from 1, which the log says; no byte offsets, because a byte order mark is counted
//! by some.
//! Invariant: nothing depends on where the repository lies.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::known::{Known, known, rule};
use super::{Report, escaped, text};
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix, Label, Level};
use crate::lints::{LINTS, Lint};
use crate::source::{SourceFile, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Where to read more: what the manifest names, or else where the documentation of packages is.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const DOCUMENTATION: &str = concat!("https://docs.rs/", env!("CARGO_PKG_NAME"));

/// What file names count from.
const ROOT: &str = "SRCROOT";

/// Writes the log.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let results: Vec<Value> = known(report).iter().map(result).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver() },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
            "results": results,
        }],
    });
    escaped::line(out, &log)
}

fn driver() -> Value {
    let suppression = json!({
        "id": "suppression",
        "name": "UnusedOrUnexplainedSuppression",
        "shortDescription": { "text": "Comments that allow what is not reported, or say no reason." },
        "fullDescription": { "text": "A comment or attribute allows a lint where nothing is reported, or says no reason for it." },
        "help": { "text": "Remove what allows nothing, and write a reason behind ` -- `." },
        "defaultConfiguration": { "level": "warning" },
    });
    let rules: Vec<Value> = LINTS.iter().map(|lint| describe(lint)).chain([suppression]).collect();
    json!({
        "name": "conjoin",
        "fullName": concat!("cargo-conjoin ", env!("CARGO_PKG_VERSION")),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": if REPOSITORY.is_empty() { DOCUMENTATION } else { REPOSITORY },
        "rules": rules,
    })
}

/// A lint as a rule, with its page.
fn describe(lint: &Lint) -> Value {
    let name: String = lint.name.split('_').map(text::capitalised).collect();
    let first_paragraph = lint.docs.split("\n\n").nth(1).unwrap_or(lint.summary);
    json!({
        "id": lint.name,
        "name": name,
        "shortDescription": { "text": sentence(lint.summary) },
        "fullDescription": { "text": sentence(&first_paragraph.replace('\n', " ")) },
        "help": { "text": lint.docs, "markdown": lint.docs },
        "defaultConfiguration": { "level": level(lint.level) },
        "properties": { "tags": ["performance", "async"], "precision": "high", "problem.severity": level(lint.level) },
    })
}

fn result(known: &Known<'_>) -> Value {
    let Known { diagnostic, file, path, fingerprint } = known;
    let artifact = artifact(path);
    let related = diagnostic.labels.iter().zip(1..).map(|(label, id)| {
        let mut location = location(label, file, &artifact);
        location["id"] = json!(id);
        location
    });
    let mut result = json!({
        "ruleId": rule(diagnostic),
        "ruleIndex": LINTS.iter().position(|lint| lint.name == diagnostic.lint).unwrap_or(LINTS.len()),
        "level": level(diagnostic.level),
        "message": { "text": message(diagnostic) },
        "locations": [location(&diagnostic.primary, file, &artifact)],
        "relatedLocations": related.collect::<Vec<Value>>(),
        "partialFingerprints": { "primaryLocationLineHash": fingerprint },
        "rank": rank(diagnostic.confidence),
        "properties": { "confidence": diagnostic.confidence.to_string(), "function": diagnostic.function },
    });
    if let Some(timeline) = &diagnostic.timeline {
        result["properties"]["roundTrips"] = json!({ "today": timeline.before, "then": timeline.after });
    }
    if let Some(fix) = &diagnostic.fix {
        result["fixes"] = json!([changes(fix, file, &artifact)]);
    }
    result
}

/// What is said in one sentence, and below it why it may be believed and what else changes.
fn message(diagnostic: &Diagnostic) -> String {
    let reads = diagnostic.evidence.iter().map(|line| format!("\nreads: {line}"));
    let notes = diagnostic.notes.iter().map(|note| format!("\nnote: {note}"));
    let below = reads.chain(notes).collect::<String>();
    match below.is_empty() {
        true => sentence(&diagnostic.message),
        // A message ends as a sentence does.
        false => format!("{}\n{below}.", sentence(&diagnostic.message)),
    }
}

fn location(label: &Label, file: &SourceFile, artifact: &Value) -> Value {
    let mut location =
        json!({ "physicalLocation": { "artifactLocation": artifact, "region": region(label.span, file) } });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": sentence(&label.text) });
    }
    location
}

fn region(span: Span, file: &SourceFile) -> Value {
    let (start, end) = (place(span.start, file), place(span.end, file));
    json!({ "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 })
}

/// Line and column; a byte order mark takes no column.
fn place(offset: u32, file: &SourceFile) -> (usize, usize) {
    let line = file.position(offset).line;
    let before = file.slice(Span { start: file.line_span(line).start, end: offset });
    (line, before.trim_start_matches('\u{feff}').encode_utf16().count() + 1)
}

fn changes(fix: &Fix, file: &SourceFile, artifact: &Value) -> Value {
    let replacement = |edit: &Edit| json!({ "deletedRegion": region(edit.span, file), "insertedContent": { "text": edit.replacement } });
    let doubt = match fix.applicability {
        Applicability::MachineApplicable => "",
        Applicability::MaybeIncorrect => ", after a look at it",
    };
    json!({
        "description": { "text": sentence(&format!("{}{doubt}", fix.title)) },
        "artifactChanges": [{
            "artifactLocation": artifact,
            "replacements": fix.edits.iter().map(replacement).collect::<Vec<Value>>(),
        }],
    })
}

/// A file of the repository counts from its root, any other from that of the disk.
fn artifact(path: &str) -> Value {
    let encoded = percent_encoded(path);
    let is_absolute = path.starts_with('/') || path.get(1..3) == Some(":/");
    match is_absolute {
        true => json!({ "uri": format!("file:///{}", encoded.trim_start_matches('/')) }),
        false => json!({ "uri": encoded, "uriBaseId": ROOT }),
    }
}

fn percent_encoded(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// As viewers show it: with a capital and a final stop.
fn sentence(text: &str) -> String {
    let text = text::capitalised(text);
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "none",
    }
}

/// From 0 to 100, what to look at first.
fn rank(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Proven => 90.0,
        Confidence::Likely => 70.0,
        Confidence::Possible => 30.0,
    }
}
