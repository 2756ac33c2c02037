//! Record and replay, in memory and as JSON.

use conjoin::{LoadError, Loader, Recording, Scope, Writer, scope};
use futures::future::join_all;

use crate::hand::{Asked, Tens, asked, run, tens};

fn named(name: &'static str) -> (Loader<Tens>, Asked) {
    let log = Asked::default();
    (Loader::builder(Tens(log.clone())).name(name).recordable().build(), log)
}

/// Asks two loaders, some of it twice, some of it in vain.
async fn page(people: &Loader<Tens>, towns: &Loader<Tens>) -> Vec<Result<u32, LoadError<String>>> {
    let mut got = join_all([1, 2, 2000].map(|key| people.get(key))).await;
    got.extend(join_all([1, 7].map(|key| towns.get(key))).await);
    got.push(people.get(1).await);
    got
}

#[test]
fn a_replay_answers_the_same_and_asks_nobody() {
    let ((people, log), (towns, _)) = (named("people"), named("towns"));
    let (got, recording) = run(Scope::new().record(page(&people, &towns)));
    assert_eq!(asked(&log), [vec![1, 2, 2000], vec![1]], "recording changes nothing");
    assert_eq!(recording.loaders().collect::<Vec<_>>(), ["people", "towns"]);

    let read = Recording::from_json(&recording.to_json().unwrap()).unwrap();
    for recording in [recording, read] {
        // Loaders of another run, of the same names.
        let ((people, log), (towns, _)) = (named("people"), named("towns"));
        let (again, report) = run(Scope::new().replay(recording).report(page(&people, &towns)));
        assert_eq!(again, got);
        assert_eq!((report.batches.len(), asked(&log).len()), (0, 0));
    }
}

#[test]
fn what_was_not_recorded_is_an_error() {
    let (people, _) = named("people");
    let (_, recording) = run(Scope::new().record(people.get(1)));
    let (towns, log) = named("towns");
    let got = run(Scope::new().replay(recording).run(async { (people.get(2).await, towns.get(1).await) }));
    assert_eq!(got, (Err(LoadError::NotRecorded), Err(LoadError::NotRecorded)));
    assert!(asked(&log).is_empty());
}

#[test]
fn loaders_that_load_are_replayed_at_the_top() {
    let (inner, log) = named("inner");
    let outer = {
        let inner = inner.clone();
        let load = move |keys: Vec<u32>| {
            let inner = inner.clone();
            async move { inner.get_many(keys).await }
        };
        Loader::builder(conjoin::batch_fn(load)).name("outer").build()
    };
    let (got, recording) = run(Scope::new().record(outer.get(1)));
    assert_eq!(run(Scope::new().replay(recording).run(outer.get(1))), got);
    assert_eq!(asked(&log).len(), 1);
}

#[test]
fn only_recordable_loaders_can_be_written() {
    let (loader, _) = tens();
    let (_, recording) = run(Scope::new().record(loader.get(1)));
    let error = recording.to_json().unwrap_err();
    assert!(error.to_string().contains("recordable()"), "{error}");
    assert!(Recording::from_json("[]").unwrap_err().to_string().contains("record it anew"));
}

#[test]
fn a_nested_recording_is_empty() {
    let (people, _) = named("people");
    let (_, recording) = run(scope(Scope::new().record(people.get(1))));
    assert_eq!(recording.loaders().count(), 1);
    let text = recording.to_json().unwrap();
    assert_eq!(text.replace(char::is_whitespace, ""), r#"{"people":[]}"#);
}

#[test]
fn a_replay_writes_nothing() {
    struct Never;
    impl conjoin::WriteFn for Never {
        type Item = u32;
        type Receipt = ();
        type Error = String;
        async fn write(&self, _: &[u32]) -> Vec<Result<(), String>> {
            panic!("it writes");
        }
    }
    let writer = Writer::new(Never);
    assert_eq!(run(Scope::new().replay(Recording::default()).run(writer.put(1))), Err(LoadError::NotRecorded));
}
