//! What tables say of a run: levels, confidence, what is left out.
//!
//! In: [`Table`]s. Out: [`Settings`] for each package, and which files are excluded.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::Failure;
use super::spec::{matches_glob, near_names};
use super::tables::Table;
use crate::diagnostic::{Confidence, Level};

/// What holds for the code of a package.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Levels given to lints, later ones winning; and where each is given. The lints need not exist.
    pub levels: Vec<(String, Level, String)>,
    /// The least confidence that is reported, where it is said.
    pub confidence: Option<Confidence>,
    /// Whose joins are written, where it is said. It need not be known.
    pub provider: Option<String>,
    /// How many rounds of a loop may wait at a time, where it is said.
    pub loop_limit: Option<usize>,
    /// Whether an allow that allows nothing is reported.
    pub reports_unused_suppressions: Option<bool>,
    /// Whether an allow without a reason is reported.
    pub requires_reasons: Option<bool>,
    /// The file with what is known already.
    pub baseline: Option<PathBuf>,
    /// Each key as it was written, and where, in the order in which it was read.
    pub said: Vec<(String, Value, String)>,
}

/// A file or folder that is left out.
#[derive(Clone, Debug)]
pub(super) struct Exclusion {
    folder: PathBuf,
    /// Names that may hold `*`, the first one below the folder.
    names: Vec<String>,
}

/// The settings of each package.
pub(super) fn settings(tables: &[Table], packages: usize) -> Result<Vec<Settings>, Failure> {
    let own = |package: usize| tables.iter().filter(move |table| table.packages.contains(&package));
    (0..packages).map(|package| merged(own(package))).collect()
}

/// What some tables say together, later ones winning.
pub(super) fn merged<'t>(tables: impl Iterator<Item = &'t Table>) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for table in tables {
        read(table, &mut settings)?;
    }
    Ok(settings)
}

/// What tables leave out.
pub(super) fn exclusions<'t>(tables: impl Iterator<Item = &'t Table>) -> Result<Vec<Exclusion>, Failure> {
    let mut found = Vec::new();
    for table in tables {
        for path in table.value::<Vec<String>>("exclude")?.unwrap_or_default() {
            let names: Vec<String> =
                path.split('/').filter(|name| !matches!(*name, "" | ".")).map(str::to_owned).collect();
            if path.starts_with('/') || names.is_empty() || names.iter().any(|name| name == "..") {
                let help = "write a path below the folder of that file; `*` stands for any part of a name";
                return Err(table.wrong("exclude", &format!("`{path}` leads out of its folder"), help));
            }
            found.push(Exclusion { folder: table.folder().to_owned(), names });
        }
    }
    Ok(found)
}

impl Exclusion {
    /// Whether a file is left out, by itself or with a folder that it lies in.
    pub(super) fn covers(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.folder) else { return false };
        let mut parts = below.iter();
        self.names.iter().all(|name| {
            parts.next().is_some_and(|part| matches_glob(name.as_bytes(), part.to_string_lossy().as_bytes()))
        })
    }
}

/// A file that may be written, because the settings of the code at hand say so: it stays with that code.
fn below(table: &Table, path: &Path) -> Result<PathBuf, Failure> {
    let whole = table.folder().join(path);
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let real = |folder: Option<&Path>| folder.and_then(|folder| folder.canonicalize().ok());
    let is_linked_out =
        real(whole.parent()).zip(real(Some(table.folder()))).is_some_and(|(one, own)| !one.starts_with(own));
    if !is_below || is_linked_out {
        let help = "write a path below the folder of that file; `--baseline` takes any";
        return Err(table.wrong("baseline", &format!("`{}` leads out of its folder", path.display()), help));
    }
    Ok(whole)
}

fn read(table: &Table, settings: &mut Settings) -> Result<(), Failure> {
    for (lint, level) in table.value::<Map<String, Value>>("lints")?.unwrap_or_default() {
        let level = match level.as_str() {
            Some("allow") => Level::Allow,
            Some("warn") => Level::Warn,
            Some("deny") => Level::Deny,
            _ => return Err(table.misread("lints", &format!("`{lint} = {level}` is no level"))),
        };
        settings.levels.push((lint.replace('-', "_"), level, table.place()));
    }
    if let Some(word) = table.value::<String>("confidence")? {
        let all = [Confidence::Proven, Confidence::Likely, Confidence::Possible];
        let known = all.into_iter().find(|confidence| confidence.to_string() == word);
        let confidence = known.ok_or_else(|| {
            let near = near_names(&word, ["proven", "likely", "possible"].into_iter());
            let near = near.first().map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            table.misread("confidence", &format!("`{word}` is none{near}"))
        })?;
        settings.confidence = Some(confidence);
    }
    settings.provider = table.value("provider")?.or(settings.provider.take());
    if let Some(limit) = table.value::<usize>("loop-limit")? {
        if limit == 0 {
            return Err(table.misread("loop-limit", "none could ever wait"));
        }
        settings.loop_limit = Some(limit);
    }
    let unused = table.value("report-unused-suppressions")?;
    settings.reports_unused_suppressions = unused.or(settings.reports_unused_suppressions);
    settings.requires_reasons = table.value("require-reasons")?.or(settings.requires_reasons);
    if let Some(path) = table.value::<PathBuf>("baseline")? {
        settings.baseline = Some(below(table, &path)?);
    }
    settings.said.extend(table.entries().map(|(key, value)| (key.clone(), value.clone(), table.place())));
    Ok(())
}
