//! What was asked of the index while something was found out.
//!
//! In: work that asks an index. Out: its [`Trace`]: every question whose answer a change of some file may change.
//!
//! Invariant: work stays on its thread while it is watched, so what it asks is written down for it and for nobody else.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::index::FunctionId;
use crate::source::FileId;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What a file declares.
    Declarations(FileId),
    /// What a function does.
    Body(FunctionId),
    /// The line on which a function stands.
    Line(FunctionId),
    /// Which traits a file may declare.
    Traits(FileId),
    /// Which files have a name, by its [`hashed`] name.
    Name(u32),
    /// What somebody found out of a function: its summary.
    Summary(FunctionId),
}

/// Questions as numbers, sorted, none twice.
pub type Trace = Vec<u64>;

const KIND: u32 = 61;
const FILE: u32 = 32;

impl Asked {
    /// As a number; questions about one file and of one kind stand together.
    pub fn number(self) -> u64 {
        let of = |kind: u64, file: FileId, index: usize| {
            kind << KIND | u64::from(file.0) << FILE | u64::from(u32::try_from(index).unwrap_or(u32::MAX))
        };
        match self {
            Asked::Declarations(file) => of(0, file, 0),
            Asked::Body(id) => of(1, id.file, id.index),
            Asked::Line(id) => of(2, id.file, id.index),
            Asked::Name(name) => of(3, FileId(0), name as usize),
            Asked::Summary(id) => of(4, id.file, id.index),
            Asked::Traits(file) => of(5, file, 0),
        }
    }
}

/// The number of a name. Two names may share one; whoever compares then takes both for changed.
pub fn hashed(name: &str) -> u32 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    u32::try_from((hash ^ hash >> 32) & 0xffff_ffff).unwrap_or_default()
}

/// Does some work and says what it asked. What is watched inside of it is not counted.
pub fn watched<T>(work: impl FnOnce() -> T) -> (T, Trace) {
    FRAMES.with_borrow_mut(|frames| frames.push(Frame::default()));
    let found = work();
    let frame = FRAMES.with_borrow_mut(Vec::pop).unwrap_or_default();
    let mut trace: Trace = frame.asked.into_iter().collect();
    trace.sort_unstable();
    (found, trace)
}

/// Writes a question down, where somebody watches.
pub(crate) fn note(asked: Asked) {
    let number = asked.number();
    FRAMES.with_borrow_mut(|frames| {
        if let Some(frame) = frames.last_mut()
            && frame.last != Some(number)
        {
            frame.last = Some(number);
            frame.asked.insert(number);
        }
    });
}

/// What has been asked so far.
#[derive(Default)]
struct Frame {
    /// Most questions are asked several times in a row.
    last: Option<u64>,
    asked: HashSet<u64, BuildHasherDefault<Spread>>,
}

thread_local! {
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// Spreads numbers that differ in few bits. There are millions of questions, and nobody chooses them to collide.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_inside_is_counted_there() {
        let id = FunctionId { file: FileId(7), index: 3 };
        let (inner, outer) = watched(|| {
            note(Asked::Name(hashed("fetch")));
            let ((), inner) = watched(|| note(Asked::Body(id)));
            note(Asked::Summary(id));
            note(Asked::Name(hashed("fetch")));
            inner
        });
        assert_eq!(inner, vec![Asked::Body(id).number()]);
        assert_eq!(outer, vec![Asked::Name(hashed("fetch")).number(), Asked::Summary(id).number()]);
        note(Asked::Body(id));
        assert!(watched(|| ()).1.is_empty());
    }

    #[test]
    fn questions_are_told_apart() {
        let id = |file, index| FunctionId { file: FileId(file), index };
        let all = [
            Asked::Declarations(FileId(1)),
            Asked::Body(id(1, 0)),
            Asked::Body(id(0, 1)),
            Asked::Line(id(1, 0)),
            Asked::Traits(FileId(1)),
            Asked::Name(1),
            Asked::Summary(id(1, 0)),
        ];
        let numbers: HashSet<u64> = all.iter().map(|asked| asked.number()).collect();
        assert_eq!(numbers.len(), all.len());
        assert_ne!(hashed("get"), hashed("set"));
    }
}
