//! The workspace as the editor has it: files of the disk, and open ones in their place.
//!
//! In: a [`Setup`], folders, and texts. Out: what is found in one of the files, or why an await of it stands where it
//! stands.
//!
//! What was read of a file is kept until its text changes; names are put together anew each time, and so is what calls do,
//! because nobody knows what depended on what.
//!
//! Invariant: a text that cannot be parsed never takes the place of one that can. Others see the last one that could.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Setup;
use crate::analysis::effects::Effects;
use crate::check::{Options, Outcome, check_file, unclear_in, why_at};
use crate::diagnostic::Diagnostic;
use crate::discover::{Failure, Selection, Workspace, discover};
use crate::index::{Index, Kept};
use crate::narrow::{Old, narrow};
use crate::source::{FileId, Problem, SourceFile, Span};
use crate::why::Why;

/// What is looked at.
pub(super) struct Code {
    workspace: Workspace,
    kept: Kept,
    options: Options,
    numbers: HashMap<PathBuf, FileId>,
}

/// What there is to say of a file.
pub(super) struct Found {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Words to this tool that it does not understand.
    pub(super) unclear: Vec<Problem>,
    /// Why a baseline could not be asked.
    pub(super) failure: Option<Failure>,
}

impl Code {
    /// Reads what lies in some folders.
    ///
    /// # Errors
    ///
    /// See [`discover`]; and what is prepared may fail.
    pub(super) fn new(setup: &Setup<'_>, folders: &[PathBuf]) -> Result<Code, Failure> {
        let paths: Vec<PathBuf> = folders.iter().filter(|folder| folder.is_dir()).cloned().collect();
        if paths.is_empty() {
            return Ok(Code::empty(setup));
        }
        let selection = Selection { paths, names_from_root: true, ..setup.selection.clone() };
        let mut discovery = discover(&selection, &setup.directory)?;
        (setup.prepare)(&mut discovery.workspace)?;
        let options = Options { tests: discovery.asks_for_tests, ..setup.options.clone() };
        Ok(Code::of(discovery.workspace, options))
    }

    /// No files.
    pub(super) fn empty(setup: &Setup<'_>) -> Code {
        Code::of(Workspace::default(), setup.options.clone())
    }

    fn of(workspace: Workspace, options: Options) -> Code {
        let numbers = (0..).map(FileId).zip(&workspace.files);
        let numbers = numbers.map(|(file, source)| (source.path.clone(), file)).collect();
        Code { workspace, kept: Kept::default(), options, numbers }
    }

    pub(super) fn file_at(&self, path: &Path) -> Option<FileId> {
        self.numbers.get(path).copied()
    }

    pub(super) fn source(&self, file: FileId) -> &SourceFile {
        &self.workspace.files[file.0 as usize]
    }

    /// Takes another text of a file; says whether it is that one now.
    pub(super) fn replace(&mut self, file: FileId, text: &str) -> bool {
        if self.source(file).text == text {
            return true;
        }
        let source = self.source(file).with_text(text.to_owned());
        let is_parsed = self.kept.replace(file, &source, self.options.tests).is_ok();
        if is_parsed {
            self.workspace.files[file.0 as usize] = source;
        }
        is_parsed
    }

    /// Looks at files, one after the other, until `take` has seen enough.
    pub(super) fn check(
        &mut self,
        files: impl Iterator<Item = FileId>,
        old: &Old,
        mut take: impl FnMut(&SourceFile, Option<Found>) -> bool,
    ) {
        self.look(|effects, options| {
            for file in files {
                if !take(effects.index.source(file), found(effects, file, options, old)) {
                    break;
                }
            }
        });
    }

    /// The await whose `.await` stands at a place of a file, and why it stands there.
    pub(super) fn why(&mut self, file: FileId, offset: u32) -> Option<(Span, Why)> {
        self.look(|effects, options| why_at(effects, options, file, offset))
    }

    fn look<T>(&mut self, work: impl FnOnce(&Effects<'_>, &Options) -> T) -> T {
        let index = Index::resume(&self.workspace, self.options.tests, std::mem::take(&mut self.kept));
        let effects = Effects::new(&index);
        let answer = work(&effects, &self.options);
        drop(effects);
        self.kept = index.keep();
        answer
    }
}

/// What is found in a file; `None` where it cannot be parsed.
fn found(effects: &Effects<'_>, file: FileId, options: &Options, old: &Old) -> Option<Found> {
    let index = effects.index;
    if !index.source(file).is_selected {
        return Some(Found { diagnostics: Vec::new(), unclear: Vec::new(), failure: None });
    }
    index.read(file).ok()?;
    let diagnostics = check_file(effects, file, options).ok()?;
    let speaks_to_us = index.naming_us().binary_search(&file).is_ok();
    let unclear = if speaks_to_us { unclear_in(index, file) } else { Vec::new() };
    let mut outcome = Outcome { diagnostics, ..Outcome::default() };
    let failure = narrow(index.workspace, old, None, &mut outcome).err();
    Some(Found { diagnostics: outcome.diagnostics, unclear, failure })
}
