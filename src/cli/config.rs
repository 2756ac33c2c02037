//! What tables say, checked against what there is; and what holds in the end, as text.
//!
//! In: a workspace with its settings, and the options of the command line. Out: nothing or a [`Failure`]; and TOML.

use std::fmt::Write as _;

use crate::check::Options;
use crate::diagnostic::{Confidence, Level};
use crate::discover::{Failure, Settings, Workspace, near_names};
use crate::lints::LINTS;
use crate::rewrite::provider;

/// Every lint that a table names is one, and so is every provider.
pub(super) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let all = || workspace.settings.iter().chain([&workspace.loose_settings]);
    let mut named = all().filter_map(|settings| Some((settings, settings.provider.as_deref()?)));
    if let Some((settings, name)) = named.find(|(_, name)| !provider::names().contains(name)) {
        let place = said(settings, "provider").unwrap_or_default();
        let help = match near_names(name, provider::names().into_iter()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", provider::names().join(", ")),
        };
        return Err(Failure { message: format!("`provider` of {place}: no join of `{name}` is known"), help });
    }
    for (lint, _, place) in all().flat_map(|settings| &settings.levels) {
        super::args::lint(lint).map_err(|failure| Failure {
            message: format!("`lints` of {place}: {}", failure.message),
            help: failure.help,
        })?;
    }
    Ok(())
}

/// What holds for each package, and where it is said; as TOML.
pub(super) fn print(workspace: &Workspace, options: &Options) -> String {
    let mut text = String::new();
    let packages = workspace.packages.iter().zip(&workspace.settings);
    for (package, settings) in packages {
        let _ = writeln!(text, "[package.{}]", package.name);
        describe(&mut text, settings, options);
        text.push('\n');
    }
    if workspace.packages.is_empty() {
        describe(&mut text, &workspace.loose_settings, options);
    }
    text
}

/// Each key, what stands behind it, and in a comment where that is said.
fn describe(text: &mut String, settings: &Settings, options: &Options) {
    let mut line = |key: &str, value: String, from: &str| {
        let _ = writeln!(text, "{key} = {value}  # {from}");
    };
    let (confidence, from) = confidence(settings, options, said(settings, "confidence"));
    line("confidence", format!("\"{confidence}\""), from);
    for lint in LINTS {
        let (level, from) = level(lint.name, lint.level, settings, options);
        line(&format!("lints.{}", lint.name), format!("\"{}\"", word(level)), from);
    }
    if let Some(name) = options.provider.as_ref().or(settings.provider.as_ref()) {
        let from = if options.provider.is_some() { None } else { said(settings, "provider") };
        line("provider", format!("\"{name}\""), from.unwrap_or("the command line"));
    }
    let limit = settings.loop_limit.unwrap_or(options.loop_limit);
    line("loop-limit", limit.to_string(), said(settings, "loop-limit").unwrap_or("by default"));
    let switches = [
        ("report-unused-suppressions", settings.reports_unused_suppressions),
        ("require-reasons", settings.requires_reasons),
    ];
    for (key, value) in switches {
        let from = match value {
            None => "by default",
            Some(_) => said(settings, key).filter(|_| !overruled(settings, key, value)).unwrap_or("the command line"),
        };
        line(key, value.unwrap_or(false).to_string(), from);
    }
    for (key, value, from) in &settings.said {
        if matches!(key.as_str(), "reads" | "writes" | "fences" | "exclude" | "baseline") {
            line(key, value.to_string(), from);
        }
    }
}

/// Where the last word about a key stands.
fn said<'s>(settings: &'s Settings, key: &str) -> Option<&'s str> {
    settings.said.iter().rev().find(|(known, ..)| known == key).map(|(.., place)| place.as_str())
}

/// Whether the tables say something else.
fn overruled(settings: &Settings, key: &str, value: Option<bool>) -> bool {
    let written = settings.said.iter().rev().find(|(known, ..)| known == key).and_then(|(_, value, _)| value.as_bool());
    written != value
}

fn confidence<'s>(settings: &'s Settings, options: &Options, place: Option<&'s str>) -> (Confidence, &'s str) {
    match (settings.confidence, place) {
        (None, _) => (options.confidence, "by default"),
        (Some(confidence), Some(place)) if is_said(settings, confidence) => (confidence, place),
        (Some(confidence), _) => (confidence, "the command line"),
    }
}

fn is_said(settings: &Settings, confidence: Confidence) -> bool {
    let written = settings.said.iter().rev().find(|(key, ..)| key == "confidence");
    written.is_some_and(|(_, value, _)| value.as_str() == Some(&confidence.to_string()))
}

fn level<'s>(lint: &str, usual: Level, settings: &'s Settings, options: &Options) -> (Level, &'s str) {
    if let Some((_, level)) = options.levels.iter().rev().find(|(name, _)| name == lint) {
        return (*level, "the command line");
    }
    match settings.levels.iter().rev().find(|(name, ..)| name == lint) {
        Some((_, level, place)) => (*level, place),
        None => (usual, "by default"),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Allow => "allow",
        Level::Warn => "warn",
        Level::Deny => "deny",
    }
}
