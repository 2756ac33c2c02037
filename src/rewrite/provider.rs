//! Whose join is written.
//!
//! In: the package's manifest and the file. Out: a [`Provider`], or `None` when the package has none.
//!
//! Invariant: only the package's own manifest counts. What happens to resolve because another package of the
//! workspace enables a feature does not.

use crate::discover::{Dependency, Package};
use crate::source::SourceFile;

/// A crate with joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// What their path begins with, `tokio`.
    pub path: String,
    /// Macros or functions.
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
}

/// The crates whose macros are written, the preferred first, with the features that bring them and whether the
/// default features do.
const MACROS: [(&str, &[&str], bool); 3] = [
    ("tokio", &["macros", "full"], false),
    ("futures", &["async-await", "default", "std"], true),
    ("futures-util", &["async-await-macro", "default"], true),
];

/// The crates whose functions need no feature.
const FUNCTIONS: [&str; 2] = ["futures", "futures-util"];

/// The provider for a file. One that the file uses already goes first.
pub fn provider(package: Option<&Package>, source: &SourceFile) -> Option<Provider> {
    let Some(package) = package else { return Some(by_use(source)) };
    let usable: Vec<&Dependency> = MACROS.iter().filter_map(|known| with_macros(package, known)).collect();
    let uses = |dependency: &&&Dependency| {
        source.text.contains(&format!("{}::join!", dependency.name))
            || source.text.contains(&format!("{}::try_join!", dependency.name))
    };
    let provider =
        |dependency: &Dependency, form| Provider { path: rooted(&dependency.name, source), form, is_certain: true };
    if let Some(chosen) = usable.iter().find(uses).or_else(|| usable.first()) {
        return Some(provider(chosen, Form::Macro));
    }
    let functions = FUNCTIONS.iter().find_map(|name| normal(package).find(|dependency| dependency.package == *name));
    functions.map(|dependency| provider(dependency, Form::Function))
}

/// What to add to the manifest when there is no provider.
pub fn advice(package: &Package) -> &'static str {
    match normal(package).any(|dependency| dependency.package == "tokio") {
        true => "add the feature `macros` to `tokio` in Cargo.toml",
        false => "add `futures = \"0.3\"` to Cargo.toml",
    }
}

impl Provider {
    /// What stands before and behind the arguments: `tokio::join!` and `;`. `None` when it takes fewer branches.
    pub(super) fn call(&self, branches: usize, fallible: bool) -> Option<(String, &'static str)> {
        let name = if fallible { "try_join" } else { "join" };
        match self.form {
            Form::Macro => Some((format!("{}::{name}!", self.path), if fallible { "?;" } else { ";" })),
            Form::Function if branches > 5 => None,
            Form::Function => {
                let count = if branches > 2 { branches.to_string() } else { String::new() };
                let end = if fallible { ".await?;" } else { ".await;" };
                Some((format!("{}::future::{name}{count}", self.path), end))
            }
        }
    }
}

fn normal(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind == "normal")
}

fn with_macros<'p>(
    package: &'p Package,
    (name, features, by_default): &(&str, &[&str], bool),
) -> Option<&'p Dependency> {
    normal(package).find(|dependency| {
        let has_feature = dependency.features.iter().any(|feature| features.contains(&feature.as_str()));
        // A stand-in that takes the crate's name, as simulators do, has its macros too.
        let is_it = dependency.package == *name || dependency.name == name.replace('-', "_");
        is_it && (has_feature || (*by_default && dependency.default_features))
    })
}

/// A module of the crate's name hides the crate.
fn rooted(name: &str, source: &SourceFile) -> String {
    let is_hidden = source
        .text
        .match_indices(&format!("mod {name}"))
        .any(|(at, found)| !source.text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    if is_hidden { format!("::{name}") } else { name.to_owned() }
}

/// Without a manifest, what the file names is the best guess.
fn by_use(source: &SourceFile) -> Provider {
    let names = |krate: &str| source.text.contains(&format!("{krate}::"));
    let path = if !names("tokio") && names("futures") { "futures" } else { "tokio" };
    Provider { path: rooted(path, source), form: Form::Macro, is_certain: names(path) }
}
