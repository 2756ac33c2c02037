//! Whose join is written.
//!
//! In: the package's manifest and the file. Out: a [`Provider`], or `None` when the package has none.
//!
//! Invariant: only the package's own manifest counts. What happens to resolve because another package of the
//! workspace enables a feature does not.

use crate::discover::{Dependency, Package};
use crate::source::SourceFile;

/// A crate with join macros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// What the macros' path begins with, `tokio`.
    pub path: String,
    /// Whether the manifest says that they are there.
    pub is_certain: bool,
}

/// The crates whose macros are written, the preferred first, with the feature each needs: one of the names, or, where
/// the last is true, the default features.
const PROVIDERS: [(&str, &[&str], bool); 3] = [
    ("tokio", &["macros", "full"], false),
    ("futures", &["async-await", "default", "std"], true),
    ("futures-util", &["async-await-macro", "default"], true),
];

/// The provider for a file. One that the file uses already goes first.
pub fn provider(package: Option<&Package>, source: &SourceFile) -> Option<Provider> {
    let Some(package) = package else { return Some(by_use(source)) };
    let usable: Vec<&Dependency> = PROVIDERS.iter().filter_map(|known| usable(package, known)).collect();
    let uses = |dependency: &&&Dependency| {
        source.text.contains(&format!("{}::join!", dependency.name))
            || source.text.contains(&format!("{}::try_join!", dependency.name))
    };
    let chosen = usable.iter().find(uses).or_else(|| usable.first())?;
    Some(Provider { path: chosen.name.clone(), is_certain: true })
}

/// What to add to the manifest when there is no provider.
pub fn advice(package: &Package) -> &'static str {
    let has_tokio = package.dependencies.iter().any(|dependency| dependency.package == "tokio");
    if has_tokio {
        "add the feature `macros` to `tokio` in Cargo.toml"
    } else {
        "add `futures = \"0.3\"` to Cargo.toml"
    }
}

fn usable<'p>(package: &'p Package, (name, features, by_default): &(&str, &[&str], bool)) -> Option<&'p Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind == "normal").find(|dependency| {
        let has_feature = dependency.features.iter().any(|feature| features.contains(&feature.as_str()));
        dependency.package == *name && (has_feature || (*by_default && dependency.default_features))
    })
}

/// Without a manifest, what the file names is the best guess.
fn by_use(source: &SourceFile) -> Provider {
    let names = |krate: &str| source.text.contains(&format!("{krate}::"));
    let path = if !names("tokio") && names("futures") { "futures" } else { "tokio" };
    Provider { path: path.to_owned(), is_certain: names(path) }
}
