//! The runs of the compiler, one after the other, until each candidate is settled.
//!
//! In: the candidates of one workspace. Out: their [`Ruling`]s.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::blame::{Blame, Compiled, blame, new_warnings};
use super::cargo::{Cargo, Finding, Targets, Unit};
use super::compose::{Piece, Role, compose};
use super::forest::Forest;
use super::ground::{Kept, concerned, ground};
use super::probe::{CANARY_ERROR, canary, probe};
use super::wrapper::settled;
use super::{Build, Candidate, Ruling};
use crate::discover::{Failure, Root, Workspace};
use crate::parse::parse;
use crate::parse::signature::{Signature, signature_at};

/// Settles the candidates of one workspace.
pub(super) fn settle(
    workspace: &Workspace,
    root: &Root,
    build: &Build<'_>,
    candidates: &[&Candidate],
) -> Result<Vec<Ruling>, Failure> {
    let ground = ground(root, build).map_err(|error| unwritable(&error))?;
    let packages = concerned(workspace, root, candidates);
    let cargo = Cargo {
        directory: build.directory,
        program: build.program,
        root: &root.folder,
        packages: packages.iter().map(|package| workspace.packages[*package].id.as_str()).collect(),
        options: build.options,
        target_directory: &ground.folder,
        is_shown: build.is_cargo_shown,
        is_stopped: build.is_stopped,
    };
    let _lock_file = Kept::new(root.folder.join("Cargo.lock"));
    (build.progress)("checking the packages as they are");
    let before = cargo.check(Targets::All, None)?;
    let wait = || (build.progress)("waiting for another run that compiles in the same folder");
    let (forest, stale) = Forest::open(&ground.folder.join("conjoin"), wait).map_err(|error| unwritable(&error))?;
    let signatures = signatures(workspace, candidates);
    let mut run = Run {
        workspace,
        cargo,
        forest,
        stale,
        candidates,
        signatures,
        broken: before.iter().filter(|finding| finding.is_error).map(|finding| finding.unit.clone()).collect(),
        before,
        targets: Targets::Usual,
        is_seen: vec![false; candidates.len()],
        is_probed: vec![true; candidates.len()],
        state: vec![State::Open(0); candidates.len()],
    };
    (build.progress)("looking which places are compiled");
    run.look()?;
    (build.progress)("compiling the rewrites");
    run.compile()?;
    Ok(run.rulings())
}

/// How the rewrites are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// With probes, as little as shows them all.
    Trial,
    /// Nothing but the rewrites, every target.
    Final,
}

/// Where a candidate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It is tried in this form.
    Open(usize),
    /// It is out.
    Out(Ruling),
}

struct Run<'a> {
    workspace: &'a Workspace,
    cargo: Cargo<'a>,
    forest: Forest,
    /// Files that were real ones in the forest the last time.
    stale: Vec<PathBuf>,
    candidates: &'a [&'a Candidate],
    signatures: Vec<Option<Signature>>,
    /// What the compiler says of the packages as they are.
    before: Vec<Finding>,
    /// Targets that do not build as they are.
    broken: HashSet<Unit>,
    /// What must be compiled to see every candidate.
    targets: Targets,
    is_seen: Vec<bool>,
    is_probed: Vec<bool>,
    state: Vec<State>,
}

impl Run<'_> {
    /// Finds out which places are compiled, and which probes can be asked. Tests, examples and benches are compiled only
    /// when something is seen nowhere else.
    fn look(&mut self) -> Result<(), Failure> {
        for targets in [Targets::Usual, Targets::All] {
            self.targets = targets;
            // An error in one package hides those that depend on it, so what is seen makes room for what is not.
            while !self.unseen().is_empty() && self.look_in(targets)? {}
            if self.unseen().is_empty() {
                return Ok(());
            }
        }
        for owner in self.unseen() {
            self.state[owner] = State::Out(Ruling::Unseen(self.why_unseen(owner)));
        }
        Ok(())
    }

    fn unseen(&self) -> Vec<usize> {
        self.open().into_iter().filter(|owner| !self.is_seen[*owner]).collect()
    }

    /// Whether anything new was found.
    fn look_in(&mut self, targets: Targets) -> Result<bool, Failure> {
        let (found, texts) = self.round(targets, &|run, owner| {
            let State::Open(_) = run.state[owner] else { return Vec::new() };
            let canary = canary(owner, run.candidates[owner].start);
            Some(canary).filter(|_| !run.is_seen[owner]).into_iter().chain(run.probe(owner)).collect()
        })?;
        let known = (self.open().len(), self.is_seen.clone(), self.is_probed.clone());
        for finding in found.iter().filter(|finding| finding.is_error) {
            match blame(finding, &texts) {
                Blame::Piece(owner, Role::Canary) if finding.code.as_deref() == Some(CANARY_ERROR) => {
                    self.is_seen[owner] = true;
                }
                Blame::Piece(owner, Role::Probe) => self.is_probed[owner] = false,
                Blame::Piece(owner, _) => self.cannot_look(owner, finding),
                Blame::Around(owners) => owners.into_iter().for_each(|owner| self.cannot_look(owner, finding)),
            }
        }
        Ok(known != (self.open().len(), self.is_seen.clone(), self.is_probed.clone()))
    }

    fn cannot_look(&mut self, owner: usize, finding: &Finding) {
        self.state[owner] = State::Out(Ruling::Unseen(format!("it could not be looked at: {}", said(finding))));
    }

    fn why_unseen(&self, owner: usize) -> String {
        let package = self.package(owner);
        let own =
            |finding: &&Finding| finding.is_error && Some(finding.unit.package.as_str()) == package.map(|(_, id)| id);
        match (self.before.iter().find(own), package) {
            (Some(finding), Some((name, _))) => {
                format!("`{name}` does not build as it is: {}", said(finding))
            }
            _ if !self.broken.is_empty() => "a package it needs does not build as it is".to_owned(),
            _ => {
                "cargo does not compile this place here: a `cfg`, a feature or a target leaves it out, or something it \
                  needs does not build"
                    .to_owned()
            }
        }
    }

    fn package(&self, owner: usize) -> Option<(&str, &str)> {
        let file = self.workspace.files.get(self.candidates[owner].file.0 as usize)?;
        let package = self.workspace.packages.get(file.package?)?;
        Some((package.name.as_str(), package.id.as_str()))
    }

    /// Compiles what is open until the compiler has nothing more to say, the last time nothing else.
    fn compile(&mut self) -> Result<(), Failure> {
        let mut pass = Pass::Trial;
        loop {
            let open = self.open();
            if open.is_empty() {
                return Ok(());
            }
            let (found, texts) = self.rewritten(&open, pass)?;
            pass = match (found.is_empty(), pass) {
                (true, Pass::Final) => return Ok(()),
                (true, Pass::Trial) => Pass::Final,
                (false, _) => {
                    self.give_up(&found, &texts, pass)?;
                    Pass::Trial
                }
            };
        }
    }

    /// Takes out or rewrites otherwise what is to blame; always at least one.
    fn give_up(&mut self, found: &[Finding], texts: &[Compiled], pass: Pass) -> Result<(), Failure> {
        let open: HashSet<usize> = self.open().into_iter().collect();
        let mut blamed: BTreeMap<usize, String> = BTreeMap::new();
        for finding in found {
            let owners = match blame(finding, texts) {
                Blame::Piece(owner, Role::Probe) => {
                    blamed
                        .entry(owner)
                        .or_insert_with(|| format!("its future is not `Send` any more: {}", said(finding)));
                    continue;
                }
                Blame::Piece(owner, _) => vec![owner],
                Blame::Around(owners) => owners,
            };
            for owner in owners {
                blamed.entry(owner).or_insert_with(|| said(finding));
            }
        }
        blamed.retain(|owner, _| open.contains(owner));
        if blamed.is_empty() {
            return self.halve(found, pass);
        }
        for (owner, said) in blamed {
            self.reject(owner, said);
        }
        Ok(())
    }

    /// The next form, or out.
    fn reject(&mut self, owner: usize, said: String) {
        self.state[owner] = match self.state[owner] {
            State::Open(form) if form + 1 < self.candidates[owner].forms.len() => State::Open(form + 1),
            _ => State::Out(Ruling::Fails(said)),
        };
    }

    /// Finds by halving which of the open candidates make what nobody can be blamed for.
    fn halve(&mut self, found: &[Finding], pass: Pass) -> Result<(), Failure> {
        let said = found.first().map(said).unwrap_or_default();
        let all = self.open();
        let mut good: Vec<usize> = Vec::new();
        let mut groups = vec![all.clone()];
        while let Some(group) = groups.pop() {
            // The whole of them has been compiled already.
            let is_known_bad = group.len() == all.len() && good.is_empty();
            let together: Vec<usize> = good.iter().chain(&group).copied().collect();
            if !is_known_bad && self.rewritten(&together, pass)?.0.is_empty() {
                good = together;
            } else if let [owner] = group.as_slice() {
                self.reject(*owner, said.clone());
            } else {
                let (first, second) = group.split_at(group.len() / 2);
                groups.extend([second.to_vec(), first.to_vec()]);
            }
        }
        if good.len() == all.len() {
            // Apart they compile and together they do not, or the compiler changes its mind: none of them is sure.
            all.into_iter().for_each(|owner| self.state[owner] = State::Out(Ruling::Fails(said.clone())));
        }
        Ok(())
    }

    /// Compiles some candidates in their present form; what is new of what the compiler says.
    fn rewritten(&mut self, chosen: &[usize], pass: Pass) -> Result<(Vec<Finding>, Vec<Compiled>), Failure> {
        let chosen: HashSet<usize> = chosen.iter().copied().collect();
        let targets = if pass == Pass::Final { Targets::All } else { self.targets };
        let (found, texts) = self.round(targets, &|run, owner| {
            let State::Open(form) = run.state[owner] else { return Vec::new() };
            if !chosen.contains(&owner) {
                return Vec::new();
            }
            let edits = run.candidates[owner].forms[form].iter();
            let rewrite = edits.map(|edit| Piece { edit: edit.clone(), owner, role: Role::Rewrite });
            rewrite.chain(run.probe(owner).filter(|_| pass == Pass::Trial)).collect()
        })?;
        let errors: Vec<Finding> = found.iter().filter(|finding| finding.is_error).cloned().collect();
        // Where something does not compile, warnings are incomplete.
        let new = if errors.is_empty() { new_warnings(&self.before, &found) } else { errors };
        Ok((new, texts))
    }

    fn probe(&self, owner: usize) -> Option<Piece> {
        self.signatures[owner].as_ref().filter(|_| self.is_probed[owner]).and_then(|signature| probe(owner, signature))
    }

    /// Writes the files with these pieces, checks, and says what is found in targets that build as they are.
    fn round(
        &mut self,
        targets: Targets,
        pieces: &dyn Fn(&Run<'_>, usize) -> Vec<Piece>,
    ) -> Result<(Vec<Finding>, Vec<Compiled>), Failure> {
        let mut by_file: BTreeMap<u32, Vec<Piece>> = BTreeMap::new();
        for (owner, candidate) in self.candidates.iter().enumerate() {
            by_file.entry(candidate.file.0).or_default().extend(pieces(self, owner));
        }
        let mut texts = Vec::new();
        for (file, pieces) in by_file {
            let Some(source) = self.workspace.files.get(file as usize) else { continue };
            let Some(path) = settled(&source.path) else { continue };
            let functions = self.functions(file);
            texts.push(Compiled { file: path, composed: compose(&source.text, one_probe_each(pieces)), functions });
        }
        self.write(&texts).map_err(|error| unwritable(&error))?;
        let mut found = self.cargo.check(targets, Some(&self.forest))?;
        found.retain(|finding| !self.broken.contains(&finding.unit));
        Ok((found, texts))
    }

    fn write(&mut self, texts: &[Compiled]) -> std::io::Result<()> {
        let written: HashSet<&PathBuf> = texts.iter().map(|text| &text.file).collect();
        for path in std::mem::take(&mut self.stale) {
            if !written.contains(&path)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                self.forest.write(&path, &text)?;
            }
        }
        texts.iter().try_for_each(|text| self.forest.write(&text.file, &text.composed.text))
    }

    fn functions(&self, file: u32) -> Vec<(std::ops::Range<usize>, usize)> {
        let own = self.signatures.iter().enumerate().filter(|(owner, _)| self.candidates[*owner].file.0 == file);
        own.filter_map(|(owner, signature)| Some((signature.as_ref()?.item.range(), owner))).collect()
    }

    fn open(&self) -> Vec<usize> {
        (0..self.state.len()).filter(|owner| matches!(self.state[*owner], State::Open(_))).collect()
    }

    fn rulings(self) -> Vec<Ruling> {
        let ruling = |state| match state {
            State::Open(form) => Ruling::Holds(form),
            State::Out(ruling) => ruling,
        };
        self.state.into_iter().map(ruling).collect()
    }
}

/// Two rewrites of one function need one probe: the first one's.
fn one_probe_each(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut places = HashSet::new();
    pieces.retain(|piece| piece.role != Role::Probe || places.insert((piece.edit.span, text_behind_number(piece))));
    pieces
}

/// A probe without the number in its name.
fn text_behind_number(piece: &Piece) -> String {
    piece.edit.replacement.replacen(&format!("conjoin_probe_{}", piece.owner), "", 1)
}

fn signatures(workspace: &Workspace, candidates: &[&Candidate]) -> Vec<Option<Signature>> {
    let mut parsed = BTreeMap::new();
    let mut signature = |candidate: &&Candidate| {
        let source = workspace.files.get(candidate.file.0 as usize)?;
        let tree = parsed.entry(candidate.file.0).or_insert_with(|| parse(source).ok()).as_ref()?;
        signature_at(source, tree, candidate.start)
    };
    candidates.iter().map(&mut signature).collect()
}

fn said(finding: &Finding) -> String {
    match &finding.code {
        Some(code) if finding.is_error => format!("{code}, {}", finding.message),
        _ => finding.message.clone(),
    }
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure {
        message: format!("cannot write the copy that is compiled: {error}"),
        help: "give `--target-dir` a folder that can be written and has room".to_owned(),
    }
}
