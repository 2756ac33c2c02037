//! A workspace that looks like other people's: a third of its files await something.
//!
//! In: an empty folder and a number of lines. Out: packages in it, the same at every run.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// Files of a package, and the lines of all of them.
const FILES: usize = 40;
const LINES: usize = 18_308;
const PARTS: usize = 12;

const THINGS: [&str; 16] = [
    "account", "album", "basket", "booking", "channel", "device", "invoice", "journey", "ledger", "member", "message",
    "order", "parcel", "report", "session", "ticket",
];

/// A value, its parts and how it is shown: nothing in it waits.
const VALUE: &str = r#"
/// A @thing as it is kept, version @number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct @Thing@number {
    pub id: u64,
    pub title: String,
    pub tags: Vec<String>,
    pub parent: Option<u64>,
}

impl @Thing@number {
    /// One with nothing but a title.
    pub fn titled(id: u64, title: impl Into<String>) -> Self {
        Self { id, title: title.into(), ..Self::default() }
    }

    /// The tags that are set twice.
    pub fn doubled_tags(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.tags.iter().filter(|tag| !seen.insert(tag.as_str())).map(String::as_str).collect()
    }

    /// How near two of them are.
    pub fn distance(&self, other: &Self) -> usize {
        if self.id == other.id {
            return 0;
        }
        let shared = self.tags.iter().filter(|tag| other.tags.contains(tag)).count();
        match (self.parent, other.parent) {
            (Some(one), Some(two)) if one == two => 1 + self.tags.len() - shared,
            (None, None) => 10 + self.tags.len() - shared,
            _ => 100,
        }
    }
}
"#;

/// A service: reads that need one another, reads that do not, and writes.
const SERVICE: &str = r#"
/// Answers questions about a @thing, version @number.
pub struct @Thing@numberService {
    store: Store,
}

impl @Thing@numberService {
    /// One by its number.
    pub async fn fetch_@thing(&self, id: u64) -> Result<String, Error> {
        let row = self.store.fetch_row("@thing", id).await?;
        let title = row.trim().to_owned();
        tracing::debug!(id, %title, "fetched");
        Ok(title)
    }

    /// What stands above it.
    pub async fn parent_of_@thing(&self, id: u64) -> Result<Option<u64>, Error> {
        let title = self.fetch_@thing(id).await?;
        let parent = self.store.find_parent(&title).await?;
        if parent == Some(id) {
            return Err(Error::Circle(id));
        }
        Ok(parent)
    }

    /// A page of it.
    pub async fn page_of_@thing(&self, id: u64) -> Result<String, Error> {
        let title = self.fetch_@thing(id).await?;
        let owner = self.store.fetch_owner(id).await?;
        let count = self.store.count_children(id).await?;
        Ok(format!("{title} of {owner}, {count} below"))
    }

    /// A new title, and what it was before.
    pub async fn rename_@thing(&self, id: u64, title: &str) -> Result<String, Error> {
        let before = self.fetch_@thing(id).await?;
        self.store.update_row("@thing", id, title).await?;
        for follower in self.store.list_followers(id).await? {
            self.store.notify(follower, title).await?;
        }
        Ok(before)
    }
}
"#;

/// The store that every service asks.
const STORE: &str = r#"//! Where everything is kept.

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    /// The store does not answer.
    Gone(std::io::Error),
    /// It stands above itself.
    Circle(u64),
}

/// The store.
pub struct Store {
    folder: std::path::PathBuf,
}

impl Store {
    /// A row as text.
    pub async fn fetch_row(&self, table: &str, id: u64) -> Result<String, Error> {
        tokio::fs::read_to_string(self.folder.join(table).join(id.to_string())).await.map_err(Error::Gone)
    }

    /// What stands above a title.
    pub async fn find_parent(&self, title: &str) -> Result<Option<u64>, Error> {
        let text = tokio::fs::read_to_string(self.folder.join(title)).await.map_err(Error::Gone)?;
        Ok(text.parse().ok())
    }

    /// Whose it is.
    pub async fn fetch_owner(&self, id: u64) -> Result<String, Error> {
        self.fetch_row("owner", id).await
    }

    /// How many stand below it.
    pub async fn count_children(&self, id: u64) -> Result<usize, Error> {
        Ok(self.fetch_row("children", id).await?.lines().count())
    }

    /// Who wants to know.
    pub async fn list_followers(&self, id: u64) -> Result<Vec<u64>, Error> {
        Ok(self.fetch_row("followers", id).await?.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Writes a row.
    pub async fn update_row(&self, table: &str, id: u64, text: &str) -> Result<(), Error> {
        tokio::fs::write(self.folder.join(table).join(id.to_string()), text).await.map_err(Error::Gone)
    }

    /// Tells somebody.
    pub async fn notify(&self, id: u64, text: &str) -> Result<(), Error> {
        self.update_row("inbox", id, text).await
    }
}
"#;

/// Writes the workspace, of at least so many lines but for a file.
///
/// # Errors
///
/// The folder cannot be written to.
pub(crate) fn workspace(folder: &Path, lines: usize) -> io::Result<()> {
    fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"part*\"]\nresolver = \"3\"\n")?;
    let files = (lines * FILES).div_ceil(LINES);
    let parts = (0..files.div_ceil(FILES)).map(|number| (number, FILES.min(files - number * FILES)));
    parts.into_iter().try_for_each(|(number, files)| package(&folder.join(format!("part{number}")), number, files))
}

fn package(folder: &Path, number: usize, files: usize) -> io::Result<()> {
    let tokio = "tokio = { version = \"1\", features = [\"full\"] }";
    let manifest = format!(
        "[package]\nname = \"part{number}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{tokio}\ntracing = \"0.1\"\n"
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/store.rs"), STORE)?;
    let mut root = String::from("//! A part of the whole.\n\npub mod store;\n");
    for file in 0..files {
        let thing = THINGS[(number * 7 + file) % THINGS.len()];
        let name = format!("{thing}_{file}");
        let _ = writeln!(root, "pub mod {name};");
        fs::write(folder.join("src").join(format!("{name}.rs")), module(thing, file))?;
    }
    fs::write(folder.join("src/lib.rs"), root)
}

fn module(thing: &str, file: usize) -> String {
    let is_service = file.is_multiple_of(3);
    let mut text = format!("//! All about the {thing}.\n");
    if is_service {
        text.push_str("\nuse crate::store::{Error, Store};\n");
    }
    let part = if is_service { SERVICE } else { VALUE };
    let capital = thing[..1].to_uppercase() + &thing[1..];
    for number in 0..PARTS {
        let number = format!("{}", file * PARTS + number);
        text.push_str(&part.replace("@thing", thing).replace("@Thing", &capital).replace("@number", &number));
    }
    text
}
