//! Whose join is written.
//!
//! In: the package's manifest, the file, and perhaps a wish. Out: a [`Provider`], or what to add to the manifest.
//!
//! Invariant: only the package's own manifest counts. What happens to resolve because another package of the
//! workspace enables a feature does not.

use crate::discover::{Dependency, Package};
use crate::index::types::Types;
use crate::ir::{Import, Name};
use crate::source::SourceFile;

/// A crate with joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// What their path begins with, `tokio`.
    pub path: String,
    /// Where those are that are functions, `futures::future`.
    pub module: String,
    /// How they are written.
    pub form: Form,
    /// Whether the manifest says that they are there.
    pub is_certain: bool,
}

/// How a join is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `tokio::join!(a, b)`.
    Macro,
    /// `futures::future::join(a, b).await`, for at most five.
    Function,
    /// `futures_concurrency::future::Join::join((a, b)).await`, for at most twelve.
    Tuple,
    /// `futures_lite::future::zip(a, zip(b, c)).await`.
    Zip,
    /// `conjoin::join!(a?, b)`, for at most sixteen: each branch keeps its `?`.
    Marked,
}

/// A crate that has joins, as far as a manifest can say.
struct Known {
    name: &'static str,
    form: Form,
    /// The features that bring them; none where they need none.
    features: &'static [&'static str],
    /// Whether the default features do.
    by_default: bool,
    /// What to add to a manifest that lacks it.
    advice: &'static str,
}

/// The crates whose joins are written, the preferred first.
const KNOWN: [Known; 9] = [
    known("conjoin", Form::Marked, &[], true, "add `conjoin` to Cargo.toml"),
    known("tokio", Form::Macro, &["macros", "full"], false, "add the feature `macros` to `tokio` in Cargo.toml"),
    known("futures", Form::Macro, &["async-await", "default", "std"], true, "add `futures = \"0.3\"` to Cargo.toml"),
    known(
        "futures-util",
        Form::Macro,
        &["async-await-macro", "default"],
        true,
        "add `futures-util = \"0.3\"` to Cargo.toml",
    ),
    known("futures", Form::Function, &[], true, "add `futures = \"0.3\"` to Cargo.toml"),
    known("futures-util", Form::Function, &[], true, "add `futures-util = \"0.3\"` to Cargo.toml"),
    known("futures-concurrency", Form::Tuple, &[], true, "add `futures-concurrency = \"7\"` to Cargo.toml"),
    known("futures-lite", Form::Zip, &[], true, "add `futures-lite = \"2\"` to Cargo.toml"),
    known("smol", Form::Zip, &[], true, "add `smol = \"2\"` to Cargo.toml"),
];

const fn known(
    name: &'static str,
    form: Form,
    features: &'static [&'static str],
    by_default: bool,
    advice: &'static str,
) -> Known {
    Known { name, form, features, by_default, advice }
}

/// The names that a provider can be asked for by.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The provider for a file: the wanted one; else `conjoin`, one that the file uses already, or the first there is.
///
/// # Errors
///
/// The package has none; the text says what to add.
pub fn provider(package: Option<&Package>, source: &SourceFile, wanted: Option<&str>) -> Result<Provider, String> {
    let is_wanted = |known: &&Known| wanted.is_none_or(|wanted| known.name == wanted);
    let Some(package) = package else { return Ok(unproven(source, KNOWN.iter().find(is_wanted), wanted)) };
    let found = |known: &'static Known| Some((known, dependency(package, source, known)?));
    let usable: Vec<(&Known, &Dependency)> = KNOWN.iter().filter(is_wanted).filter_map(found).collect();
    let is_first = |(known, _): &&(&Known, &Dependency)| known.form == Form::Marked;
    let is_used = |(_, dependency): &&(&Known, &Dependency)| uses(source, &dependency.name);
    let chosen = usable.iter().find(is_first).or_else(|| usable.iter().find(is_used)).or(usable.first());
    match chosen {
        Some((known, dependency)) => Ok(Provider::new(rooted(&dependency.name, source), known.form, true)),
        None => Err(missing(package, KNOWN.iter().find(is_wanted), wanted)),
    }
}

/// A crate with streams that wait for some of many futures at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams {
    /// What their path begins with, `futures`.
    pub path: String,
}

impl Streams {
    /// Whether a function has the methods of one of the traits of streams at hand.
    pub(super) fn has_methods(&self, types: &Types<'_>, source: &SourceFile, name: &str) -> bool {
        is_imported(types, source, &self.path, name, |_| true)
    }
}

impl Provider {
    fn new(path: String, form: Form, is_certain: bool) -> Provider {
        Provider { module: format!("{path}::future"), path, form, is_certain }
    }

    /// The same by the shortest name that a function has for it: `future::join` behind `use futures::future;`. Some let the
    /// compiler warn about a longer one.
    #[must_use]
    pub fn as_imported(self, types: &Types<'_>, source: &SourceFile) -> Provider {
        let is_module = |import: &Import| import.path.len() == 2 && import.alias == "future";
        let is_short = is_imported(types, source, &self.path, "future", is_module);
        if is_short { Provider { module: "future".to_owned(), ..self } } else { self }
    }
}

/// Whether a function has a name of a crate at hand, by the one import of its module that brings such a name. An import
/// inside a function may be that of another function, and two traits of one name would both have their methods.
fn is_imported(
    types: &Types<'_>,
    source: &SourceFile,
    krate: &str,
    name: &str,
    is_it: impl Fn(&Import) -> bool,
) -> bool {
    let Some(ir) = types.index.file(types.scope.file) else { return false };
    let is_of = |path: &[Name]| path.first().is_some_and(|first| first == krate);
    let named = |import: &&Import| import.path.last().is_some_and(|last| last == name);
    let imports = || ir.modules.get(types.function.module).into_iter().flat_map(|module| &module.imports);
    let is_inside = |line: &str| line.starts_with(char::is_whitespace) && line.trim_start().starts_with("use ");
    let mut inside = source.text.lines().filter(|line| is_inside(line));
    imports().filter(named).count() == 1
        && imports().filter(named).all(|import| is_of(&import.path) && is_it(import))
        && !inside.any(|line| line.contains(name))
}

/// The streams for a file: those it uses already, or the first there are.
///
/// # Errors
///
/// The package has none; the text says what to add.
pub fn streams(package: Option<&Package>, source: &SourceFile) -> Result<Streams, String> {
    let is_used = |path: &String| source.text.contains(&format!("{path}::"));
    let has_lists = |dependency: &&Dependency| {
        let is_it = ["futures", "futures-util"].contains(&dependency.package.as_str());
        let mut features = dependency.features.iter();
        is_it
            && (dependency.default_features
                || features.any(|name| matches!(name.as_str(), "std" | "alloc" | "default")))
    };
    let usable: Vec<String> = match package {
        Some(package) => there(package, source).filter(has_lists).map(|dependency| dependency.name.clone()).collect(),
        None => ["futures", "futures_util"].map(str::to_owned).to_vec(),
    };
    let chosen = usable.iter().find(|path| is_used(path)).or(usable.first());
    match chosen {
        Some(name) => Ok(Streams { path: rooted(name, source) }),
        None => Err("this package has no stream that waits for some at a time: add `futures = \"0.3\"` to Cargo.toml"
            .to_owned()),
    }
}

/// Where semaphores are whose permits a task can own.
///
/// # Errors
///
/// The package has none; the text says what to add.
pub fn semaphores(package: Option<&Package>, source: &SourceFile) -> Result<String, String> {
    let has_them = |dependency: &&Dependency| {
        let has_feature = dependency.features.iter().any(|name| matches!(name.as_str(), "sync" | "full"));
        dependency.package == "tokio" && has_feature
    };
    let name = match package {
        Some(package) => there(package, source).find(has_them).map(|dependency| dependency.name.as_str()),
        None => Some("tokio"),
    };
    let advice = || "this package has no semaphore: add the feature `sync` to `tokio` in Cargo.toml".to_owned();
    name.map(|name| rooted(name, source)).ok_or_else(advice)
}

/// Why there is no provider, and the line that would bring one.
fn missing(package: &Package, known: Option<&Known>, wanted: Option<&str>) -> String {
    let has = |name: &str| normal(package).any(|dependency| dependency.package == name);
    let is_joining = |dependency: &&Dependency| KNOWN.iter().any(|known| known.name == dependency.package);
    match (wanted, known) {
        (None, _) if let Some(found) = normal(package).filter(is_joining).find(|found| found.is_conditional) => {
            format!("`{}` is not always there in this package: make it no option in Cargo.toml", found.package)
        }
        (Some(name), Some(known)) => format!("this package cannot use the join of `{name}`: {}", known.advice),
        _ if has("tokio") => format!("this package has no join macro: {}", KNOWN[1].advice),
        _ => format!("this package has no join macro: {}", KNOWN[2].advice),
    }
}

/// How a known crate stands in a manifest, where its joins are there.
fn dependency<'p>(package: &'p Package, source: &SourceFile, known: &Known) -> Option<&'p Dependency> {
    there(package, source).find(|dependency| {
        let has_feature = dependency.features.iter().any(|feature| known.features.contains(&feature.as_str()));
        // A stand-in that takes the crate's name, as simulators do, has its macros too.
        let is_it = dependency.package == known.name || dependency.name == known.name.replace('-', "_");
        is_it && (known.features.is_empty() || has_feature || (known.by_default && dependency.default_features))
    })
}

fn normal(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind == "normal")
}

/// The dependencies that a file can count on: those that are always there, and those that it names itself.
fn there<'p>(package: &'p Package, source: &SourceFile) -> impl Iterator<Item = &'p Dependency> {
    let is_named = |dependency: &Dependency| source.text.contains(&format!("{}::", dependency.name));
    normal(package).filter(move |dependency| !dependency.is_conditional || is_named(dependency))
}

/// Whether a file writes joins of a crate, or has them at hand.
fn uses(source: &SourceFile, name: &str) -> bool {
    let text = &source.text;
    ["join!", "try_join!", "future::join", "future::try_join", "future::zip", "future::try_zip", "prelude::*"]
        .iter()
        .any(|join| text.contains(&format!("{name}::{join}")))
}

/// A module of the crate's name hides the crate.
fn rooted(name: &str, source: &SourceFile) -> String {
    let is_hidden = source
        .text
        .match_indices(&format!("mod {name}"))
        .any(|(at, found)| !source.text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    if is_hidden { format!("::{name}") } else { name.to_owned() }
}

/// Without a manifest, what is wanted or what the file names is the best guess.
fn unproven(source: &SourceFile, first: Option<&Known>, wanted: Option<&str>) -> Provider {
    let names = |krate: &str| source.text.contains(&format!("{krate}::"));
    let (path, form) = match (wanted, first) {
        (Some(name), Some(known)) => (name.replace('-', "_"), known.form),
        _ if names("conjoin") => ("conjoin".to_owned(), Form::Marked),
        _ if !names("tokio") && names("futures") => ("futures".to_owned(), Form::Macro),
        _ => ("tokio".to_owned(), Form::Macro),
    };
    Provider::new(rooted(&path, source), form, names(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(dependencies: &[(&str, &[&str], bool)], text: &str, wanted: Option<&str>) -> Result<String, String> {
        let dependencies = dependencies.iter().map(|(name, features, default_features)| Dependency {
            name: name.replace('-', "_"),
            package: (*name).to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            default_features: *default_features,
            kind: "normal".to_owned(),
            is_conditional: name.starts_with("smol"),
        });
        let package = Package {
            name: "demo".to_owned(),
            id: String::new(),
            manifest_path: "Cargo.toml".into(),
            edition: 2024,
            targets: Vec::new(),
            dependencies: dependencies.collect(),
        };
        let source = SourceFile::new("x.rs".into(), String::new(), text.to_owned());
        provider(Some(&package), &source, wanted).map(|found| format!("{} {:?}", found.path, found.form))
    }

    #[test]
    fn the_manifest_and_the_file_decide() {
        let found = |dependencies: &[(&str, &[&str], bool)], text: &str| chosen(dependencies, text, None);
        let (tokio, futures) = (("tokio", &["macros"] as &[&str], true), ("futures", &[] as &[&str], true));
        assert_eq!(found(&[tokio, futures], ""), Ok("tokio Macro".to_owned()));
        assert_eq!(found(&[tokio, futures], "futures::join!(a, b)"), Ok("futures Macro".to_owned()));
        assert_eq!(found(&[tokio, futures, ("conjoin", &[], true)], ""), Ok("conjoin Marked".to_owned()));
        assert_eq!(found(&[("futures", &[], false)], ""), Ok("futures Function".to_owned()));
        assert_eq!(found(&[("futures-util", &[], true)], ""), Ok("futures_util Macro".to_owned()));
        assert_eq!(found(&[("futures-concurrency", &[], true)], ""), Ok("futures_concurrency Tuple".to_owned()));
        let both: [(&str, &[&str], bool); 2] = [("smol", &[], true), ("futures-lite", &[], true)];
        assert_eq!(found(&both, ""), Ok("futures_lite Zip".to_owned()));
        // What is not always there counts only where the file names it.
        assert!(found(&both[..1], "").is_err());
        assert_eq!(found(&both[..1], "smol::spawn(a)"), Ok("smol Zip".to_owned()));
        assert_eq!(found(&[futures], "mod futures;"), Ok("::futures Macro".to_owned()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let rt = ("tokio", &["rt"] as &[&str], true);
        let advice = "this package has no join macro: add the feature `macros` to `tokio` in Cargo.toml";
        assert_eq!(chosen(&[rt], "", None), Err(advice.to_owned()));
        let advice = "this package has no join macro: add `futures = \"0.3\"` to Cargo.toml";
        assert_eq!(chosen(&[], "", None), Err(advice.to_owned()));
        let advice = "this package cannot use the join of `smol`: add `smol = \"2\"` to Cargo.toml";
        assert_eq!(chosen(&[rt], "", Some("smol")), Err(advice.to_owned()));
    }

    #[test]
    fn a_wish_comes_first() {
        let both: [(&str, &[&str], bool); 2] = [("conjoin", &[], true), ("tokio", &["full"], true)];
        assert_eq!(chosen(&both, "", Some("tokio")), Ok("tokio Macro".to_owned()));
        assert!(names().contains(&"futures-concurrency") && names().len() == 7);
    }
}
