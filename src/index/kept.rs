//! What of an index holds as long as the texts do.
//!
//! In: the files of a workspace. Out: [`Kept`]: what a scan and the parser made of each, for an index of the same files in
//! which a few have another text.
//!
//! Invariant: what is kept of a file depends on its text only, not on other files and not on who asked.

use std::collections::HashMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::scan::{self, Scan};
use crate::discover::Workspace;
use crate::ir::{Body, FileIr, Name, lower};
use crate::source::{FileId, Problem, SourceFile};

/// What is kept of each file; of none at first.
#[derive(Default)]
pub struct Kept {
    pub(super) scans: Vec<Option<Scan>>,
    pub(super) files: Vec<OnceLock<Result<Read, Problem>>>,
}

/// A file that has been read.
pub(super) struct Read {
    pub(super) ir: FileIr,
    /// Its functions by name.
    pub(super) functions: HashMap<Name, Vec<usize>>,
    /// The bodies that were left out at first, read when somebody asks for one.
    pub(super) bodies: Vec<OnceLock<Option<Body>>>,
}

impl Kept {
    /// Takes another text of a file, when it can be parsed; otherwise the former one is kept.
    ///
    /// # Errors
    ///
    /// It cannot be parsed.
    pub fn replace(&mut self, file: FileId, source: &SourceFile, tests: bool) -> Result<(), Problem> {
        let read = Read::new(source, tests)?;
        let number = file.0 as usize;
        if let (Some(scan), Some(kept)) = (self.scans.get_mut(number), self.files.get_mut(number)) {
            *scan = None;
            *kept = OnceLock::from(Ok(read));
        }
        Ok(())
    }

    /// Scans what has not been scanned.
    pub(super) fn fill(&mut self, workspace: &Workspace) {
        self.files.resize_with(workspace.files.len(), OnceLock::new);
        self.scans.resize_with(workspace.files.len(), || None);
        let missing = self.scans.par_iter_mut().zip(&workspace.files).filter(|(scan, _)| scan.is_none());
        missing.for_each(|(scan, file)| *scan = Some(scan::scan(&file.text)));
    }
}

impl Read {
    pub(super) fn new(source: &SourceFile, tests: bool) -> Result<Read, Problem> {
        let ir = lower::read_outline(source, tests)?;
        let mut functions: HashMap<Name, Vec<usize>> = HashMap::new();
        for (number, function) in ir.functions.iter().enumerate() {
            functions.entry(function.name.clone()).or_default().push(number);
        }
        let bodies = ir.functions.iter().map(|_| OnceLock::new()).collect();
        Ok(Read { ir, functions, bodies })
    }
}
