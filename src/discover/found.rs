//! Which of the files that may be read are reported on.
//!
//! In: manifests and a [`Selection`]. Out: [`Candidate`]s, those that are wanted among them marked.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::settings::Exclusion;
use super::walk::Candidate;
use super::{Failure, Kinds, Selection, spec, walk};

/// Candidates by path, and which of the packages they come from were asked for.
pub(super) struct Found {
    candidates: BTreeMap<PathBuf, Candidate>,
    is_package_selected: Vec<bool>,
    has_paths: bool,
}

impl Found {
    pub(super) fn new(manifests: &[Manifest], selection: &Selection) -> Result<Found, Failure> {
        let is_package_selected = spec::select(manifests, selection)?;
        let has_paths = !selection.paths.is_empty();
        let mut candidates = BTreeMap::new();
        let members =
            manifests.iter().flat_map(|manifest| manifest.members.iter().map(move |member| (manifest, member)));
        for (index, (manifest, member)) in members.enumerate() {
            for mut candidate in walk::package(&member.package, index, manifest) {
                let is_wanted = candidate.kind.is_wanted(selection.kinds);
                candidate.is_selected = !has_paths && is_wanted && is_package_selected[index];
                candidates.entry(candidate.path.clone()).or_insert(candidate);
            }
        }
        Ok(Found { candidates, is_package_selected, has_paths })
    }

    /// Selects what lies at or below a path. A folder that holds only tests asks for tests; one that belongs to no
    /// target of the workspace is read as a loose tree.
    pub(super) fn select_path(&mut self, path: &Path, kinds: Kinds) {
        let is_package_selected = &self.is_package_selected;
        let below = |candidate: &&mut Candidate| {
            candidate.path.starts_with(path) && candidate.package.is_none_or(|package| is_package_selected[package])
        };
        let inside: Vec<&mut Candidate> = self.candidates.values_mut().filter(below).collect();
        if inside.is_empty() {
            let loose = walk::loose(path, kinds).into_iter().map(|candidate| (candidate.path.clone(), candidate));
            self.candidates.extend(loose);
            return;
        }
        let has_wanted = inside.iter().any(|candidate| candidate.kind.is_wanted(kinds));
        for candidate in inside {
            candidate.is_selected |= !has_wanted || candidate.kind.is_wanted(kinds);
        }
    }

    /// Leaves out what is not among some files.
    pub(super) fn limit(&mut self, only: &[PathBuf]) {
        let only: HashSet<&Path> = only.iter().map(PathBuf::as_path).collect();
        self.candidates.values_mut().for_each(|candidate| {
            candidate.is_selected &= only.contains(candidate.path.as_path());
        });
    }

    /// Leaves out what was selected and is excluded; how many that were.
    pub(super) fn exclude(&mut self, exclusions: &[Exclusion]) -> usize {
        let is_excluded =
            |candidate: &&mut Candidate| exclusions.iter().any(|exclusion| exclusion.covers(&candidate.path));
        let selected = self.candidates.values_mut().filter(|candidate| candidate.is_selected);
        selected.filter(is_excluded).map(|candidate| candidate.is_selected = false).count()
    }

    /// The packages that have, or would have, something to say.
    pub(super) fn selected_packages(&self) -> Vec<usize> {
        let holds_selected = |package: &usize| {
            self.candidates.values().any(|candidate| candidate.is_selected && candidate.package == Some(*package))
        };
        let is_selected =
            |package: &usize| self.is_package_selected[*package] && (!self.has_paths || holds_selected(package));
        (0..self.is_package_selected.len()).filter(is_selected).collect()
    }

    pub(super) fn wanted(self, kinds: Kinds) -> Vec<Candidate> {
        let is_wanted = |candidate: &Candidate| candidate.is_selected || candidate.kind.is_wanted(kinds);
        self.candidates.into_values().filter(is_wanted).collect()
    }
}
