//! The linter's answers to all places.
//!
//! In: places. Out: [`Answers`], in the same order.
//!
//! Each tree is read once for production code and once for test code, since the linter reads test code only when
//! asked. A place of production code that it takes for a test is looked for there, to say so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_conjoin::analysis::effects::Effects;
use cargo_conjoin::index::Index;
use rayon::prelude::*;

use super::Answer;
use crate::args::Places;
use crate::code::{self, Code};
use crate::corpus::Place;
use crate::plan::{self, Held};
use crate::reasons::Reason;
use crate::trees;

/// What all places were answered.
#[derive(Debug)]
pub(super) struct Answers {
    /// One for each place.
    pub(super) answers: Vec<Answer>,
    /// How many places have a commit that the mirror does not hold.
    pub(super) absent: usize,
    /// What is worth knowing about the trees.
    pub(super) remarks: Vec<String>,
}

/// Brings the trees and looks at all places.
pub(super) fn answers(folders: &Places, places: &[&Place]) -> Result<Answers, String> {
    let commits: BTreeSet<(&str, &str)> = places.iter().map(|place| (&*place.repo, &*place.commit)).collect();
    let commits: Vec<(&str, &str)> = commits.into_iter().collect();
    let trees: Vec<Result<PathBuf, String>> =
        commits.par_iter().map(|(repo, commit)| trees::bring(folders, repo, commit)).collect();
    let mut remarks: Vec<String> = trees.iter().filter_map(|tree| tree.as_ref().err().cloned()).collect();
    let brought = |place: &Place| {
        let number = commits.binary_search(&(&place.repo, &place.commit)).ok()?;
        trees[number].as_ref().ok()
    };
    let mut groups: BTreeMap<(&PathBuf, bool), Vec<usize>> = BTreeMap::new();
    for (number, place) in places.iter().enumerate() {
        if let Some(tree) = brought(place) {
            groups.entry((tree, place.in_test)).or_default().push(number);
        }
    }
    let groups: Vec<((&PathBuf, bool), Vec<usize>)> = groups.into_iter().collect();
    let looked = |((tree, tests), numbers): &((&PathBuf, bool), Vec<usize>)| {
        let own: Vec<&Place> = numbers.iter().map(|number| places[*number]).collect();
        of_tree(tree, *tests, &own).map(|(answers, remarks)| (numbers.clone(), answers, remarks))
    };
    let unseen = || Held::new(Reason::NotFound, "its commit could not be brought".to_owned());
    let mut all: Vec<Answer> = places.iter().map(|_| Err(unseen())).collect();
    let found: Vec<_> = groups.par_iter().map(looked).collect::<Result<_, String>>()?;
    for (numbers, answers, own) in found {
        remarks.extend(own);
        for (number, answer) in numbers.into_iter().zip(answers) {
            all[number] = answer;
        }
    }
    let absent = places.iter().filter(|place| brought(place).is_none()).count();
    Ok(Answers { answers: all, absent, remarks })
}

/// The answers for one tree, workspace by workspace.
fn of_tree(tree: &Path, tests: bool, places: &[&Place]) -> Result<(Vec<Answer>, Vec<String>), String> {
    let mut answers: Vec<Option<Answer>> = places.iter().map(|_| None).collect();
    let mut remarks = Vec::new();
    while let Some(first) = answers.iter().position(Option::is_none) {
        let code = code::open(tree, &tree.join(&places[first].path), tests)?;
        if code.is_plain() {
            remarks.push(format!("{} is read without its manifest", tree.join(&places[first].path).display()));
        }
        let index = Index::new(&code.workspace, tests);
        let effects = Effects::new(&index);
        for (place, answer) in places.iter().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Some(file) = code.file(&tree.join(&place.path)) {
                *answer = Some(plan::look(&effects, file, &place.statements));
            }
        }
        answers[first].get_or_insert_with(|| {
            Err(Held::new(Reason::NotFound, "the file belongs to no package of the tree".to_owned()))
        });
        index.free();
    }
    let mut answers: Vec<Answer> = answers.into_iter().flatten().collect();
    for (place, answer) in places.iter().zip(&mut answers) {
        let is_lost = matches!(answer, Err(Held { reason: Reason::NotFound, .. }));
        if is_lost && !tests && is_in_test_code(tree, place)? {
            *answer = Err(Held::new(Reason::InTestCode, "it is taken for test code".to_owned()));
        }
    }
    Ok((answers, remarks))
}

fn is_in_test_code(tree: &Path, place: &Place) -> Result<bool, String> {
    let path = tree.join(&place.path);
    let code: Code = code::open(tree, &path, true)?;
    let index = Index::new(&code.workspace, true);
    Ok(code.file(&path).is_some_and(|file| plan::awaits(&index, file, &place.statements)))
}
