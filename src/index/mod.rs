//! What the workspace declares, and who a name means.
//!
//! In: a [`Workspace`]. Out: [`Index`]: its files, parsed when somebody first asks for them, and the declarations
//! in them by name.
//!
//! Invariant: what the index answers does not depend on who asked before, only on the files.
//! Invariant: when two declarations fit, both are given; the caller must find that they agree.

pub mod calls;
mod flow;
mod kept;
pub mod paths;
pub(crate) mod scan;
pub mod trace;
pub mod ty;
pub mod types;

use std::collections::{HashMap, HashSet};

use rayon::join;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::discover::{Package, Workspace};
use crate::ir::lower;
use crate::ir::{Body, FileIr, Function, Impl, Import, MacroDecl, Name, Owner, Path, TraitDecl, TypeDecl};
use crate::source::{FileId, Problem, SourceFile, Span, fingerprint, short_fingerprint};
pub use kept::Kept;
use kept::Read;
use trace::{Asked, Trace};

/// More files than this declaring one name, and a call that could mean any of them counts as unresolved: parsing
/// them all would cost more than the answer is worth, and they would hardly agree.
const MOST_CANDIDATE_FILES: usize = 12;

/// The declarations of a workspace.
pub struct Index<'w> {
    /// What is indexed.
    pub workspace: &'w Workspace,
    tests: bool,
    /// Whether what is asked is written down.
    is_watched: bool,
    foreign: HashSet<String>,
    /// Files of modules that are for tests, where tests do not count.
    for_tests: HashSet<FileId>,
    kept: Kept,
    awaits: Vec<usize>,
    /// What kinds of words stand in each file, in the order of [`Hint`].
    hints: Vec<[bool; 2]>,
    /// Names of functions beside which an async one of nearly the same name is declared: `get` beside `get_async`.
    twins: HashSet<&'w str>,
    /// The files that name this tool.
    naming_us: Vec<FileId>,
    /// The functions of those files: comments may say what they do.
    claimed: HashSet<&'w str>,
    functions: HashMap<&'w str, Vec<FileId>>,
    types: HashMap<&'w str, Vec<FileId>>,
    traits: HashMap<&'w str, Vec<FileId>>,
    impls: HashMap<&'w str, Vec<FileId>>,
    macros: HashMap<&'w str, Vec<FileId>>,
    statics: HashMap<&'w str, Vec<FileId>>,
    /// The path of the module that each file is.
    homes: Vec<Vec<Name>>,
    /// Packages by the name that paths give them.
    crates: HashMap<String, usize>,
    /// The file of each module of each package.
    modules: HashMap<(usize, Vec<String>), FileId>,
}

/// Words that say what may be found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something that starts many futures at once.
    StartsMany,
    /// Something that may block the thread.
    MayBlock,
}

/// A file, and what its text may declare.
struct Scanned<'s, 'w> {
    id: FileId,
    text: &'w str,
    scan: &'s scan::Scan,
}

/// A function of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionId {
    /// Its file.
    pub file: FileId,
    /// Index into [`FileIr::functions`].
    pub index: usize,
}

/// What a file declares, as numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Declared {
    /// Of everything but what stands in bodies.
    pub(crate) fingerprint: u128,
    /// Of each function: of all of it, and the line on which it stands.
    pub(crate) functions: Vec<(u64, usize)>,
}

/// A place from which names are looked up: a module of a file, and the impl or trait around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The file.
    pub file: FileId,
    /// Index into [`FileIr::modules`].
    pub module: usize,
    /// What `Self` means.
    pub owner: Owner,
}

impl<'w> Index<'w> {
    /// Scans every file of the workspace. With `tests`, test code counts too.
    pub fn new(workspace: &'w Workspace, tests: bool) -> Index<'w> {
        Index::resume(workspace, tests, Kept::default())
    }

    /// The same, with what is kept of a former index of these files; all else is read as it is asked for.
    pub fn resume(workspace: &'w Workspace, tests: bool, mut kept: Kept) -> Index<'w> {
        kept.fill(workspace);
        let scans: Vec<&scan::Scan> = kept.scans.iter().flatten().collect();
        let for_tests = if tests { HashSet::new() } else { files_for_tests(workspace, &scans) };
        let read: Vec<Scanned<'_, 'w>> = file_ids(scans.len())
            .zip(&workspace.files)
            .zip(scans)
            .map(|((id, file), scan)| Scanned { id, text: &file.text, scan })
            .filter(|file| !for_tests.contains(&file.id))
            .collect();
        let mut awaits = vec![0; workspace.files.len()];
        let mut hints = vec![[false; 2]; workspace.files.len()];
        for Scanned { id, scan, .. } in &read {
            awaits[id.0 as usize] = scan.awaits;
            hints[id.0 as usize] = [scan.starts_many, scan.may_block];
        }
        let (((functions, types), (traits, impls)), (macros, statics)) = join(
            || {
                join(
                    || join(|| by_name(&read, |scan| &scan.functions), || by_name(&read, |scan| &scan.types)),
                    || join(|| by_name(&read, |scan| &scan.traits), || by_name(&read, |scan| &scan.impls)),
                )
            },
            || join(|| by_name(&read, |scan| &scan.macros), || by_name(&read, |scan| &scan.statics)),
        );
        let naming = || read.iter().filter(|file| file.scan.names_us);
        let naming_us = naming().map(|file| file.id).collect();
        let claimed = naming().flat_map(|file| file.scan.functions.iter().map(|name| file.name(*name))).collect();
        let foreign = foreign_crates(workspace);
        let (homes, crates, modules) = (homes(workspace), crates(workspace), modules(workspace));
        let twins = twins(&functions);
        Index {
            workspace,
            tests,
            is_watched: false,
            foreign,
            for_tests,
            kept,
            awaits,
            hints,
            twins,
            naming_us,
            claimed,
            functions,
            types,
            traits,
            impls,
            macros,
            statics,
            homes,
            crates,
            modules,
        }
    }

    /// From now on what is asked is written down; see [`trace::watched`].
    pub fn watch(&mut self) {
        self.is_watched = true;
    }

    pub(crate) fn note(&self, asked: Asked) {
        if self.is_watched {
            trace::note(asked);
        }
    }

    /// Watches some work, where anything is written down.
    pub(crate) fn watched<T>(&self, work: impl FnOnce() -> T) -> (T, Trace) {
        if self.is_watched { trace::watched(work) } else { (work(), Trace::new()) }
    }

    fn note_name(&self, name: &str) {
        if self.is_watched {
            trace::note(Asked::Name(trace::hashed(name)));
        }
    }

    /// What a file declares, as numbers to compare with those of other runs; of one that has been read.
    pub(crate) fn declared_if_read(&self, file: FileId) -> Option<Declared> {
        self.kept.files[file.0 as usize].get()?;
        Some(self.declared(file))
    }

    /// The same; reads the file when nobody has asked before.
    pub(crate) fn declared(&self, file: FileId) -> Declared {
        let source = self.source(file);
        let Ok(ir) = self.read(file) else {
            return Declared { fingerprint: fingerprint(["broken", &source.text]), functions: Vec::new() };
        };
        let function = |function: &Function| {
            let line = source.position(function.name_span.start).line;
            (short_fingerprint(source.slice(function.span)), line)
        };
        Declared { fingerprint: ir.fingerprint, functions: ir.functions.iter().map(function).collect() }
    }

    /// What a scan found in a file.
    pub(crate) fn scan(&self, file: FileId) -> Option<&scan::Scan> {
        self.kept.scans[file.0 as usize].as_ref()
    }

    /// Of what the scans say together and nobody asks by name.
    pub(crate) fn fingerprint(&self) -> u128 {
        let sorted = |names: &HashSet<&str>| {
            let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
            names.sort_unstable();
            names.join(" ")
        };
        let for_tests = self.file_ids().filter(|file| self.for_tests.contains(file)).map(|file| file.0.to_string());
        let for_tests: Vec<String> = for_tests.collect();
        fingerprint([&*sorted(&self.twins), &sorted(&self.claimed), &for_tests.join(" ")])
    }

    /// What of it holds as long as the texts do.
    pub fn keep(self) -> Kept {
        self.kept
    }

    /// Frees it on all threads; there is much to free.
    pub fn free(self) {
        self.kept.free();
    }

    /// Whether an absolute path leaves the workspace.
    pub fn is_foreign(&self, path: &[Name]) -> bool {
        path.len() > 1 && path.first().is_some_and(|first| self.foreign.contains(first.as_str()))
    }

    /// Every file's id.
    pub fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        file_ids(self.kept.files.len())
    }

    /// The path of the module that a file is; it begins with its crate's name, or with `crate` where it has no package.
    pub(crate) fn home(&self, file: FileId) -> &[Name] {
        &self.homes[file.0 as usize]
    }

    /// A file's path and text.
    pub fn source(&self, file: FileId) -> &'w SourceFile {
        &self.workspace.files[file.0 as usize]
    }

    /// The package that a file belongs to.
    pub fn package_of(&self, source: &SourceFile) -> Option<&'w Package> {
        self.workspace.packages.get(source.package?)
    }

    /// How often a file seems to await something.
    pub fn awaits(&self, file: FileId) -> usize {
        self.awaits[file.0 as usize]
    }

    /// Whether a word of that kind stands in a file.
    pub fn hints_at(&self, file: FileId, hint: Hint) -> bool {
        let is_twin =
            || hint == Hint::MayBlock && scan::holds(&self.source(file).text, |word| self.twins.contains(word));
        self.hints[file.0 as usize][hint as usize] || (!self.twins.is_empty() && is_twin())
    }

    /// Whether a word of that kind stands in a function.
    pub fn function_hints_at(&self, id: FunctionId, function: &Function, hint: Hint) -> bool {
        let is_it = |word: &str| match hint {
            Hint::StartsMany => scan::starts_many(word),
            Hint::MayBlock => scan::may_block(word) || self.twins.contains(word),
        };
        self.source(id.file).text.get(function.span.range()).is_some_and(|text| scan::holds(text, is_it))
    }

    /// The files in which comments may speak to this tool.
    pub fn naming_us(&self) -> &[FileId] {
        &self.naming_us
    }

    /// Whether a comment may say what a function of that name does.
    pub(crate) fn may_be_claimed(&self, name: &str) -> bool {
        self.claimed.contains(name)
    }

    /// What a file declares and does; parses it when nobody has asked before.
    ///
    /// # Errors
    ///
    /// The file does not parse.
    pub fn read(&self, file: FileId) -> Result<&FileIr, &Problem> {
        self.read_once(file).map(|read| &read.ir)
    }

    fn read_once(&self, file: FileId) -> Result<&Read, &Problem> {
        self.note(Asked::Declarations(file));
        self.kept.files[file.0 as usize].get_or_init(|| Read::new(self.source(file), self.tests)).as_ref()
    }

    /// The functions of that name in a file.
    fn functions_named_in(&self, file: FileId, name: &str) -> impl Iterator<Item = (FunctionId, &Function)> {
        let read = self.read_once(file).ok();
        let numbers = read.and_then(|read| read.functions.get(name)).map_or(&[][..], Vec::as_slice);
        let functions = read.map_or(&[][..], |read| &read.ir.functions);
        numbers.iter().map(move |index| (FunctionId { file, index: *index }, &functions[*index]))
    }

    /// The imports of a module that may bring in a trait of a crate of which facts are known.
    pub(crate) fn foreign_traits(&self, file: FileId, module: usize) -> impl Iterator<Item = &Import> {
        let read = self.read_once(file).ok();
        let numbers = read.map_or(&[][..], |read| read.foreign_traits(module));
        let imports = read.and_then(|read| read.ir.modules.get(module)).map_or(&[][..], |module| &module.imports);
        numbers.iter().map(|number| &imports[*number])
    }

    /// As [`Index::read`], for those who only look things up.
    pub fn file(&self, file: FileId) -> Option<&FileIr> {
        self.read(file).ok()
    }

    /// The function behind an id.
    pub fn function(&self, id: FunctionId) -> Option<&Function> {
        self.file(id.file)?.functions.get(id.index)
    }

    /// The line on which a function's name stands.
    pub(crate) fn line_of(&self, id: FunctionId) -> Option<usize> {
        let function = self.function(id)?;
        self.note(Asked::Line(id));
        Some(self.source(id.file).position(function.name_span.start).line)
    }

    /// Where names in a function are looked up from.
    pub fn scope(&self, id: FunctionId) -> Option<Scope> {
        let function = self.function(id)?;
        Some(Scope { file: id.file, module: function.module, owner: function.owner })
    }

    /// The functions of a file with their ids.
    pub fn functions_in(&self, file: FileId) -> impl Iterator<Item = (FunctionId, &Function)> {
        let functions = self.file(file).map_or(&[][..], |ir| &ir.functions);
        functions.iter().enumerate().map(move |(index, function)| (FunctionId { file, index }, function))
    }

    /// What a function does; reads it when nobody has asked before. `None` where it has no body, or one that cannot
    /// be parsed.
    pub fn body(&self, id: FunctionId) -> Option<&Body> {
        let read = self.read_once(id.file).ok()?;
        self.note(Asked::Body(id));
        let function = read.ir.functions.get(id.index)?;
        if !function.is_outlined {
            return function.body.as_ref();
        }
        let left_out = || lower::body_of(self.source(id.file), function).ok();
        read.bodies.get(id.index)?.get_or_init(left_out).as_ref()
    }

    /// Whether the workspace may declare something of that name.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.note_name(name);
        [&self.functions, &self.types, &self.traits, &self.statics].iter().any(|map| map.contains_key(name))
    }

    /// The file of the module that an absolute path begins with, and how many of its names that takes.
    pub(crate) fn module_file(&self, path: &[Name]) -> Option<(FileId, usize)> {
        let package = *self.crates.get(path.first()?.as_str())?;
        (1..=path.len()).rev().find_map(|taken| {
            let module = path[1..taken].iter().map(ToString::to_string).collect();
            self.modules.get(&(package, module)).map(|file| (*file, taken))
        })
    }

    /// Whether any file declares a function of that name.
    pub fn declares_function(&self, name: &str) -> bool {
        self.note_name(name);
        self.functions.contains_key(name)
    }

    /// Every function of that name, free or method; `None` when too many files declare one.
    pub fn functions_named(&self, name: &str) -> Option<Vec<FunctionId>> {
        let files = self.candidate_files(&self.functions, name)?;
        Some(files.iter().flat_map(|file| self.functions_named_in(*file, name)).map(|(id, _)| id).collect())
    }

    /// The methods of that name in impl blocks whose header names `of`.
    pub(crate) fn methods_in_impls(&self, of: &str, name: &str) -> Vec<(FunctionId, &Impl)> {
        self.methods_in_impls_where(of, name, |_| true)
    }

    /// The same, of one crate.
    pub(crate) fn methods_in_impls_of(&self, krate: &Name, of: &str, name: &str) -> Vec<(FunctionId, &Impl)> {
        self.methods_in_impls_where(of, name, |file| self.home(file).first() == Some(krate))
    }

    fn methods_in_impls_where(
        &self,
        of: &str,
        name: &str,
        is_meant: impl Fn(FileId) -> bool,
    ) -> Vec<(FunctionId, &Impl)> {
        self.note_name(of);
        let Some(files) = self.impls.get(of) else { return Vec::new() };
        self.note_name(name);
        let declare_it = self.functions.get(name).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for file in files.iter().filter(|file| is_meant(**file) && declare_it.binary_search(file).is_ok()) {
            let Some(ir) = self.file(*file) else { continue };
            for (id, function) in self.functions_named_in(*file, name) {
                if let Owner::Impl(block) = function.owner {
                    found.push((id, &ir.impls[block]));
                }
            }
        }
        found
    }

    /// The name of the trait that declares a function.
    pub(crate) fn trait_of(&self, id: FunctionId) -> Option<&Name> {
        match self.function(id)?.owner {
            Owner::Trait(index) => Some(&self.file(id.file)?.traits[index].name),
            _ => None,
        }
    }

    /// The functions of that name in files with a trait that may be implemented for a type; those have bodies for it.
    pub(crate) fn functions_beside_traits_of(&self, of: &str, name: &str) -> Vec<FunctionId> {
        let Some(files) = self.candidate_files(&self.functions, name) else { return Vec::new() };
        let may_give = files.iter().filter(|file| self.may_declare_trait_of(**file, of));
        may_give.flat_map(|file| self.functions_named_in(*file, name)).map(|(id, _)| id).collect()
    }

    /// Whether a file may declare a trait that is implemented for a type; told without reading it.
    fn may_declare_trait_of(&self, file: FileId, of: &str) -> bool {
        self.note_name(of);
        let Some(implemented) = self.impls.get(of) else { return false };
        self.note(Asked::Traits(file));
        let text = &self.source(file).text;
        let mut traits = self.scan(file).into_iter().flat_map(|scan| &scan.traits).map(|place| &text[place.range()]);
        traits.any(|name| {
            self.note_name(name);
            let others = self.impls.get(name).map_or(&[][..], Vec::as_slice);
            others.iter().any(|file| implemented.binary_search(file).is_ok())
        })
    }

    /// Whether some impl block is of a trait and for a type of these names.
    pub(crate) fn implements(&self, of: &str, name: &str) -> bool {
        self.note_name(of);
        self.note_name(name);
        let (Some(files), Some(others)) = (self.impls.get(of), self.impls.get(name)) else { return false };
        let is_it = |block: &Impl| {
            block.of_trait.as_ref().is_some_and(|path| path.last() == name)
                && type_name(&block.self_ty).is_some_and(|ty| ty == of)
        };
        let mut both = files.iter().filter(|file| others.binary_search(file).is_ok());
        both.any(|file| self.file(*file).is_some_and(|ir| ir.impls.iter().any(is_it)))
    }

    /// The method of a trait's own declaration.
    pub(crate) fn methods_in_traits(&self, of: &str, name: &str) -> Vec<FunctionId> {
        self.note_name(of);
        let files = self.traits.get(of).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for file in files {
            let Some(ir) = self.file(*file) else { continue };
            let is_its = |owner: Owner| matches!(owner, Owner::Trait(index) if ir.traits[index].name == of);
            let all = self.functions_named_in(*file, name).filter(|(_, function)| is_its(function.owner));
            found.extend(all.map(|(id, _)| id));
        }
        found
    }

    /// Whether the workspace declares a trait of that name.
    pub fn declares_trait(&self, name: &str) -> bool {
        self.note_name(name);
        self.traits.get(name).is_some_and(|files| {
            files.iter().any(|file| self.file(*file).is_some_and(|ir| ir.traits.iter().any(|decl| decl.name == name)))
        })
    }

    /// The traits of that name.
    pub(crate) fn traits_named(&self, name: &str) -> Vec<(FileId, &TraitDecl)> {
        self.note_name(name);
        let files = self.traits.get(name).map_or(&[][..], Vec::as_slice);
        let irs = files.iter().filter_map(|file| Some((*file, self.file(*file)?)));
        irs.flat_map(|(file, ir)| ir.traits.iter().map(move |decl| (file, decl)))
            .filter(|(_, decl)| decl.name == name)
            .collect()
    }

    /// The types that an absolute path may mean.
    pub fn types_at(&self, path: &[Name]) -> Vec<(FileId, &TypeDecl)> {
        match path.last() {
            Some(name) if !self.is_foreign(path) => self.nearest(path, self.types_named(name)),
            _ => Vec::new(),
        }
    }

    /// Of several declarations of one name those in the module that the path names, else those in its crate.
    fn nearest<'a>(&self, path: &[Name], all: Vec<(FileId, &'a TypeDecl)>) -> Vec<(FileId, &'a TypeDecl)> {
        let Some((_, module)) = path.split_last().filter(|(_, module)| !module.is_empty() && all.len() > 1) else {
            return all;
        };
        let home = |file: FileId, decl: &TypeDecl| {
            paths::module_path(self, Scope { file, module: decl.module, owner: Owner::Module })
        };
        let exact: Vec<_> = all.iter().filter(|(file, decl)| home(*file, decl) == module).copied().collect();
        if !exact.is_empty() {
            return exact;
        }
        let of_crate: Vec<_> =
            all.iter().filter(|(file, decl)| home(*file, decl).first() == module.first()).copied().collect();
        if of_crate.is_empty() { all } else { of_crate }
    }

    /// The types of that name, with their file.
    pub fn types_named(&self, name: &str) -> Vec<(FileId, &TypeDecl)> {
        let Some(files) = self.candidate_files(&self.types, name) else { return Vec::new() };
        let irs = files.iter().filter_map(|file| Some((*file, self.file(*file)?)));
        irs.flat_map(|(file, ir)| ir.types.iter().map(move |decl| (file, decl)))
            .filter(|(_, decl)| decl.name == name)
            .collect()
    }

    /// Whether a macro of the workspace may leave the body it stands in, or await: `None` when it declares none of
    /// that name.
    pub fn macro_may_leave(&self, name: &str) -> Option<bool> {
        let found = self.macros_named(name);
        let leaves = |word: &Name| matches!(word.as_str(), "return" | "await" | "break" | "continue" | "panic");
        (!found.is_empty()).then(|| found.iter().any(|decl| decl.has_try || decl.words.iter().any(leaves)))
    }

    /// Whether a macro of the workspace may wait for something that it is not given; `true` of any other macro.
    pub fn macro_may_wait(&self, name: &str) -> bool {
        let found = self.macros_named(name);
        let waits = |word: &Name| matches!(word.as_str(), "await" | "join" | "try_join" | "select");
        found.is_empty() || found.iter().any(|decl| decl.words.iter().any(waits))
    }

    fn macros_named(&self, name: &str) -> Vec<&MacroDecl> {
        self.note_name(name);
        let files = self.macros.get(name).map_or(&[][..], Vec::as_slice);
        let irs = files.iter().filter_map(|file| self.file(*file));
        irs.flat_map(|ir| &ir.macros).filter(|decl| decl.name == name).collect()
    }

    /// Whether the workspace declares a static of that name.
    pub fn is_static(&self, name: &str) -> bool {
        self.note_name(name);
        let Some(files) = self.statics.get(name) else { return false };
        files.iter().any(|file| self.file(*file).is_some_and(|ir| ir.statics.iter().any(|item| item.name == name)))
    }

    fn candidate_files<'a>(&self, map: &'a HashMap<&'w str, Vec<FileId>>, name: &str) -> Option<&'a [FileId]> {
        self.note_name(name);
        let files = map.get(name).map_or(&[][..], Vec::as_slice);
        (files.len() <= MOST_CANDIDATE_FILES).then_some(files)
    }
}

/// What a message calls a function: `Store::load`, or `load`.
pub fn qualified_name(ir: &FileIr, function: &Function) -> String {
    owner_name(ir, function).map_or_else(|| function.name.to_string(), |owner| format!("{owner}::{}", function.name))
}

/// The name of the trait that declares a function, or of the type that it is implemented for.
pub(crate) fn owner_name(ir: &FileIr, function: &Function) -> Option<Name> {
    match function.owner {
        Owner::Trait(index) => Some(ir.traits[index].name.clone()),
        _ => implementor(ir, function),
    }
}

/// The name of the type that a function is implemented for.
pub(crate) fn implementor(ir: &FileIr, function: &Function) -> Option<Name> {
    match function.owner {
        Owner::Impl(index) => type_name(&ir.impls[index].self_ty),
        _ => None,
    }
}

/// The last name of a type as written.
pub(crate) fn type_name(ty: &crate::ir::TypeRef) -> Option<Name> {
    match ty {
        crate::ir::TypeRef::Path(Path { segments, .. }) => segments.last().map(|segment| segment.name.clone()),
        crate::ir::TypeRef::Ref { to, .. } => type_name(to),
        crate::ir::TypeRef::Dyn(bounds) | crate::ir::TypeRef::Impl(bounds) => Some(bounds.first()?.last().into()),
        _ => None,
    }
}

/// The files of modules that are declared for tests only, and all below them.
fn files_for_tests(workspace: &Workspace, scans: &[&scan::Scan]) -> HashSet<FileId> {
    let declared: HashSet<(Option<usize>, Vec<String>)> = workspace
        .files
        .iter()
        .zip(scans)
        .flat_map(|(file, scan)| {
            let path = |name: &str| file.module.iter().cloned().chain([name.to_owned()]).collect();
            scan.test_modules.iter().map(move |name| (file.package, path(file.slice(*name))))
        })
        .collect();
    let is_below = |file: &SourceFile| {
        (1..=file.module.len()).any(|depth| declared.contains(&(file.package, file.module[..depth].to_vec())))
    };
    let below: Vec<bool> = workspace.files.par_iter().map(is_below).collect();
    file_ids(below.len()).zip(below).filter_map(|(file, is_below)| is_below.then_some(file)).collect()
}

/// The crates that packages of the workspace depend on and that are none of its own, with those of the standard library.
fn foreign_crates(workspace: &Workspace) -> HashSet<String> {
    let mut names: HashSet<String> = ["std", "core", "alloc"].map(str::to_owned).into();
    let dependencies = workspace.packages.iter().flat_map(|package| &package.dependencies);
    names.extend(dependencies.map(|dependency| dependency.name.clone()));
    if workspace.packages.is_empty() {
        names.extend(["tokio", "futures", "futures_util", "async_std", "smol", "reqwest", "sqlx"].map(str::to_owned));
    }
    for package in &workspace.packages {
        names.remove(&package.name.replace('-', "_"));
        for target in package.targets.iter().filter(|target| target.kinds.iter().any(|kind| kind.ends_with("lib"))) {
            names.remove(&target.name.replace('-', "_"));
        }
    }
    names
}

/// The path of the module that each file is.
fn homes(workspace: &Workspace) -> Vec<Vec<Name>> {
    let crates: Vec<Name> =
        workspace.packages.iter().map(|package| Name::new(package.name.replace('-', "_"))).collect();
    let of_file = |file: &SourceFile| {
        let krate = file.package.and_then(|package| crates.get(package)).cloned();
        let modules = file.module.iter().map(Name::new);
        std::iter::once(krate.unwrap_or_else(|| Name::new("crate"))).chain(modules).collect()
    };
    workspace.files.iter().map(of_file).collect()
}

/// The packages of the workspace by the names that paths give them.
fn crates(workspace: &Workspace) -> HashMap<String, usize> {
    let packages = workspace.packages.iter().enumerate();
    let names = packages.flat_map(|(number, package)| {
        let libraries = package.targets.iter().filter(|target| target.kinds.iter().any(|kind| kind.ends_with("lib")));
        let names = libraries.map(|target| target.name.as_str()).chain([package.name.as_str()]);
        names.map(move |name| (name.replace('-', "_"), number))
    });
    names.collect()
}

/// The files of modules; of several with one path the first.
fn modules(workspace: &Workspace) -> HashMap<(usize, Vec<String>), FileId> {
    let mut found = HashMap::new();
    for (id, file) in file_ids(workspace.files.len()).zip(&workspace.files) {
        let Some(package) = file.package else { continue };
        let is_library = file.path.ends_with("lib.rs");
        let entry = found.entry((package, file.module.clone()));
        match entry {
            std::collections::hash_map::Entry::Occupied(mut known) if is_library => {
                known.insert(id);
            }
            std::collections::hash_map::Entry::Occupied(_) => {}
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(id);
            }
        }
    }
    found
}

/// The names of functions beside which an async one of nearly the same name is declared somewhere.
fn twins<'w>(functions: &HashMap<&'w str, Vec<FileId>>) -> HashSet<&'w str> {
    let is_declared = |name: &str| functions.contains_key(name);
    let stem = |name: &'w str| name.strip_suffix("_async").or_else(|| name.strip_prefix("async_"));
    let sync = functions.keys().filter_map(|name| stem(name)).filter_map(|name| functions.get_key_value(name));
    let blocking = functions.keys().filter(|name| {
        let stem = name.strip_suffix("_blocking").or_else(|| name.strip_suffix("_sync"));
        stem.or_else(|| name.strip_prefix("blocking_")).is_some_and(is_declared)
    });
    sync.map(|(name, _)| *name).chain(blocking.copied()).collect()
}

/// The files that each name stands in, in order.
fn by_name<'w>(files: &[Scanned<'_, 'w>], names: impl Fn(&scan::Scan) -> &[Span]) -> HashMap<&'w str, Vec<FileId>> {
    let mut map: HashMap<&'w str, Vec<FileId>> = HashMap::new();
    for file in files {
        for name in names(file.scan) {
            let found = map.entry(file.name(*name)).or_default();
            if found.last() != Some(&file.id) {
                found.push(file.id);
            }
        }
    }
    map
}

impl<'w> Scanned<'_, 'w> {
    fn name(&self, place: Span) -> &'w str {
        &self.text[place.range()]
    }
}

fn file_ids(count: usize) -> impl Iterator<Item = FileId> {
    (0..u32::try_from(count).unwrap_or(u32::MAX)).map(FileId)
}
