//! Writers: order, no deduplication, with the round.

use std::sync::{Arc, Mutex};

use conjoin::{LoadError, Scope, WriteFn, Writer, scope};
use futures::future::{join_all, ready, select};

use crate::hand::{locked, run, tens};

/// Writes down what it is given; negative numbers are refused.
struct Journal(Log);

impl WriteFn for Journal {
    type Item = i32;
    type Receipt = Box<i32>;
    type Error = String;

    async fn write(&self, items: &[i32]) -> Vec<Result<Box<i32>, String>> {
        locked(&self.0).push(items.to_vec());
        crate::hand::turn().await;
        items.iter().map(|item| if *item < 0 { Err(format!("{item}")) } else { Ok(Box::new(*item)) }).collect()
    }
}

/// What was written, batch by batch.
type Log = Arc<Mutex<Vec<Vec<i32>>>>;

fn journal(max_batch: usize) -> (Writer<Journal>, Log) {
    let log = Log::default();
    (Writer::with(Journal(Arc::clone(&log)), "journal", max_batch), log)
}

#[test]
fn everything_is_written_in_the_order_of_asking() {
    let (writer, log) = journal(usize::MAX);
    let got = run(scope(join_all([3, 1, 3, -2, 3].map(|item| writer.put(item)))));
    assert_eq!(*locked(&log), [[3, 1, 3, -2, 3]]);
    assert_eq!(got[4], Ok(Box::new(3)));
    assert_eq!(got[3].as_ref().unwrap_err().failure().unwrap(), "-2");
}

#[test]
fn batches_follow_one_another() {
    let (writer, log) = journal(2);
    for is_inside in [true, false] {
        let work = join_all((0..5).map(|item| writer.put(item)));
        let got = if is_inside { run(scope(work)) } else { run(work) };
        assert_eq!(got.len(), 5);
        assert_eq!(std::mem::take(&mut *locked(&log)), [vec![0, 1], vec![2, 3], vec![4]]);
    }
}

#[test]
fn writes_go_with_the_round() {
    let ((writer, _), (loader, _)) = (journal(9), tens());
    let work = async { futures::join!(loader.get(1), writer.put(1), loader.get(2), writer.put(2)) };
    let (_, report) = run(Scope::new().report(work));
    assert_eq!((report.rounds(), report.sizes()), (1, vec![2, 2]));
}

#[test]
fn a_dropped_write_is_not_written() {
    let (writer, log) = journal(9);
    let got = run(scope(async {
        drop(select(writer.put(1), ready(())).await);
        writer.put(2).await
    }));
    assert_eq!(got, Ok(Box::new(2)));
    assert_eq!(*locked(&log), [[2]]);
}

#[test]
fn a_scope_that_has_ended_writes_nothing() {
    let (writer, log) = journal(9);
    let mut write = Box::pin(writer.put(1));
    run(scope(async { drop(select(&mut write, ready(())).await) }));
    assert_eq!(run(write), Err(LoadError::Cancelled));
    assert!(locked(&log).is_empty());
}
