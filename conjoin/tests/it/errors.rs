//! What a load says when there is no value, and that nothing else is touched by it.

use std::sync::Mutex;

use conjoin::{LoadError, Loader, batch_fn, scope};
use futures::future::join_all;

use crate::hand::{run, tens};

/// An error that is not `Clone`.
#[derive(Debug)]
struct Own(u32);

#[test]
fn each_key_has_its_own_error() {
    let (loader, _) = tens();
    let got = run(scope(join_all([1, 2000, 3].map(|key| loader.get(key)))));
    assert_eq!((&got[0], &got[2]), (&Ok(10), &Ok(30)));
    assert_eq!(got[1].as_ref().unwrap_err().failure().unwrap(), "2000 is too large");
}

#[test]
fn errors_need_not_be_clone() {
    let loader =
        Loader::new(batch_fn(
            |keys: Vec<u32>| async move { keys.into_iter().map(|key| Err::<(), _>(Own(key))).collect() },
        ));
    let (a, b, c) = run(scope(async { futures::join!(loader.get(1), loader.get(1), loader.get(2)) }));
    let shared = a.unwrap_err().into_failure().unwrap_err();
    assert_eq!(shared.failure().map(|own| own.0), Some(1));
    drop(shared);
    assert_eq!(b.unwrap_err().into_failure().unwrap().0, 1);
    assert_eq!(c.unwrap_err().into_failure().unwrap().0, 2);
}

#[test]
fn too_few_or_too_many_answers_are_an_error_of_those_keys() {
    for answers in [0, 1, 3] {
        let loader = Loader::builder(batch_fn(move |keys: Vec<u32>| async move {
            let count = if keys.contains(&9) { keys.len() } else { answers };
            vec![Ok::<u32, String>(1); count]
        }))
        .max_batch(2)
        .build();
        let work = async { join_all([1, 2, 9].map(|key| loader.get(key))).await };
        for got in [run(scope(work)), run(join_all([1, 2, 9].map(|key| loader.get(key))))] {
            assert_eq!(
                got[..2],
                [const { Err(LoadError::WrongLength { keys: 2, answers: 0 }) }; 2]
                    .map(|_: Result<u32, LoadError<String>>| { Err(LoadError::WrongLength { keys: 2, answers }) })
            );
            assert_eq!(got[2], Ok(1));
        }
    }
}

#[test]
fn a_panic_is_an_error_of_its_waiters_and_the_loader_lives_on() {
    let loader = Loader::new(batch_fn(|keys: Vec<u32>| async move {
        assert!(!keys.contains(&13), "no {}", 13);
        keys.into_iter().map(Ok::<_, String>).collect()
    }));
    let work = || async {
        let (a, b) = futures::join!(loader.get(13), loader.get(1));
        (a, b, loader.get(2).await)
    };
    for (a, b, after) in [run(scope(work())), run(work())] {
        assert_eq!(a, Err(LoadError::Panicked("no 13".into())));
        assert_eq!(b, a);
        assert_eq!(after, Ok(2));
    }
}

#[test]
fn a_panic_before_the_first_await_is_one_too() {
    let loader =
        Loader::new(batch_fn(|_: Vec<u32>| -> std::future::Ready<Vec<Result<u32, String>>> { panic!("early") }));
    assert_eq!(run(scope(loader.get(1))), Err(LoadError::Panicked("early".into())));
    assert_eq!(run(loader.get(1)), Err(LoadError::Panicked("early".into())));
}

#[test]
fn errors_read_well() {
    let (loader, _) = tens();
    let error = run(loader.get(5000)).unwrap_err();
    assert_eq!(error.to_string(), "the batch function answered with an error: 5000 is too large");
    let error: Box<dyn std::error::Error> = Box::new(LoadError::Failed(std::io::Error::other("disk").into()));
    assert_eq!(error.source().unwrap().to_string(), "disk");
}

#[test]
fn values_are_cloned_for_all_but_the_last_waiter() {
    static CLONES: Mutex<u32> = Mutex::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Clone for Counted {
        fn clone(&self) -> Self {
            *CLONES.lock().unwrap() += 1;
            Counted
        }
    }
    let loader =
        Loader::new(batch_fn(
            |keys: Vec<u32>| async move { keys.into_iter().map(|_| Ok::<_, String>(Counted)).collect() },
        ));
    run(scope(join_all([1, 2, 2, 2].map(|key| loader.get(key)))));
    assert_eq!(*CLONES.lock().unwrap(), 2);
}
