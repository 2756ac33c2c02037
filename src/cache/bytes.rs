//! What is kept to bytes, and back.
//!
//! In: [`Before`]. Out: bytes; and from bytes what still fits this program, this question and these texts.
//!
//! The bytes begin with a word that says what they are and end in lists of the same length on every machine of one kind.
//! A fingerprint over all that follows it stands in front: what was cut off, or changed on the disk, is not read at all.
//!
//! Invariant: bytes from anywhere give something that fits the workspace, or nothing; places lie in their texts.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{Before, KeptFile};
use crate::analysis::effects::Summary;
use crate::discover::Workspace;

/// What such a file begins with.
const MARK: &[u8; 16] = b"conjoin cache 1\n";

/// How many files, or summaries, are one list: lists are read and written in parallel.
const PART: usize = 512;

/// What stands in front of the lists.
#[derive(Serialize, Deserialize)]
struct Head {
    environment: u128,
    index: u128,
    names: Vec<String>,
    /// The bytes of each list of files.
    files: Vec<usize>,
    /// The same of summaries.
    summaries: Vec<usize>,
}

/// Everything as bytes.
pub(super) fn encode(before: &Before, environment: u128, workspace: &Workspace) -> Vec<u8> {
    let (files, summaries) = rayon::join(|| parts(&before.files), || parts(&before.summaries));
    let length = |parts: &[Vec<u8>]| parts.iter().map(Vec::len).collect();
    let head = Head {
        environment,
        index: before.index,
        names: workspace.files.iter().map(|file| file.name.clone()).collect(),
        files: length(&files),
        summaries: length(&summaries),
    };
    let head = postcard::to_stdvec(&head).unwrap_or_default();
    let mut bytes = MARK.to_vec();
    bytes.extend([0; 16]);
    bytes.extend((head.len() as u64).to_le_bytes());
    bytes.extend(head);
    files.iter().chain(&summaries).for_each(|part| bytes.extend(part));
    let sum = xxh3_128(&bytes[32..]).to_le_bytes();
    bytes[16..32].copy_from_slice(&sum);
    bytes
}

fn parts<T: Serialize + Sync>(all: &[T]) -> Vec<Vec<u8>> {
    all.par_chunks(PART).map(|part| postcard::to_stdvec(part).unwrap_or_default()).collect()
}

/// What fits; `None` where the bytes are not what [`encode`] writes.
///
/// Of another environment only scans are taken, which depend on nothing but a text.
pub(super) fn decode(bytes: &[u8], environment: u128, workspace: &Workspace, texts: &[u128]) -> Option<Before> {
    let rest = bytes.strip_prefix(MARK)?;
    let (sum, rest) = rest.split_first_chunk::<16>()?;
    if xxh3_128(rest).to_le_bytes() != *sum {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (head, mut rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let head: Head = postcard::from_bytes(head).ok()?;
    let mut take = |lengths: &[usize]| {
        let mut parts = Vec::new();
        for length in lengths {
            let (part, behind) = rest.split_at_checked(*length)?;
            parts.push(part);
            rest = behind;
        }
        Some(parts)
    };
    let (files, summaries) = (take(&head.files)?, take(&head.summaries)?);
    let is_same = head.environment == environment;
    let files: Vec<Option<KeptFile>> = lists(&files)?;
    let files = if is_same { files } else { by_name(&head.names, files, workspace) };
    let summaries: Vec<Arc<Summary>> = if is_same { lists(&summaries)? } else { Vec::new() };
    let count = workspace.files.len();
    let is_inside = |summary: &Arc<Summary>| summary.circle.iter().all(|id| (id.file.0 as usize) < count);
    if files.len() != count || !summaries.iter().all(is_inside) {
        return None;
    }
    let sources = files.par_iter().zip(&workspace.files).zip(texts);
    let fits = sources
        .all(|((kept, file), text)| kept.as_ref().is_none_or(|kept| kept.text != *text || kept.scan.fits(&file.text)));
    fits.then_some(Before { is_same, index: head.index, files, summaries })
}

fn lists<T: DeserializeOwned + Send>(parts: &[&[u8]]) -> Option<Vec<T>> {
    let lists: Vec<Vec<T>> = parts.par_iter().map(|part| postcard::from_bytes(part).ok()).collect::<Option<_>>()?;
    Some(lists.into_iter().flatten().collect())
}

/// What is kept of the workspace's files, by their names.
fn by_name(names: &[String], files: Vec<Option<KeptFile>>, workspace: &Workspace) -> Vec<Option<KeptFile>> {
    let mut known: HashMap<&str, KeptFile> =
        names.iter().map(String::as_str).zip(files).filter_map(|(name, file)| Some((name, file?))).collect();
    let scan_only = |kept: KeptFile| KeptFile { declared: None, checked: None, ..kept };
    workspace.files.iter().map(|file| known.remove(&*file.name).map(scan_only)).collect()
}
