//! The two batching tests of Quora's asynq, and what must not starve the executor.

use std::pin::Pin;

use conjoin::{Loader, Scope, batch_fn, scope};
use futures::future::{join_all, pending, select};

use crate::hand::{Hand, asked, run, tens, turn};

#[test]
fn ten_sequential_loads_are_ten_batches() {
    let (loader, log) = tens();
    let (_, report) = run(Scope::new().report(async {
        for key in 0..10 {
            loader.get(key).await.unwrap();
        }
    }));
    assert_eq!(asked(&log).len(), 10);
    assert_eq!((report.rounds(), report.sizes()), (10, vec![1; 10]));
}

#[test]
fn a_tree_with_32_leaves_is_one_batch() {
    let (loader, log) = tens();
    fn tree<'a>(
        loader: &'a Loader<crate::hand::Tens>,
        depth: u32,
        leaf: u32,
    ) -> Pin<Box<dyn Future<Output = u32> + 'a>> {
        Box::pin(async move {
            if depth == 0 {
                return loader.get(leaf).await.unwrap();
            }
            let (left, right) =
                futures::join!(tree(loader, depth - 1, leaf * 2), tree(loader, depth - 1, leaf * 2 + 1));
            left + right
        })
    }
    assert_eq!(run(scope(tree(&loader, 5, 0))), (0..32).map(|leaf| leaf * 10).sum::<u32>());
    assert_eq!(asked(&log).len(), 1);
    assert_eq!(asked(&log)[0].len(), 32);
}

#[test]
fn a_long_chain_gives_the_executor_its_turn() {
    let (loader, log) = tens();
    let mut hand = Hand::new(scope(async {
        for key in 0..1000 {
            loader.get(key).await.unwrap();
        }
    }));
    assert!(hand.poll().is_pending());
    let rounds = asked(&log).len();
    assert!((60..=64).contains(&rounds), "{rounds}");
    assert_eq!(hand.bell.rings(), 1, "it asks to be polled again");
    assert!(hand.run().is_some());
}

#[test]
fn large_joins_are_one_batch_per_level() {
    let (loader, log) = tens();
    let arm = async |key: u32| {
        let first = loader.get(key).await.unwrap();
        loader.get(first % 1000).await.unwrap()
    };
    run(scope(join_all((0..1000).map(arm))));
    assert_eq!(asked(&log).iter().map(Vec::len).collect::<Vec<_>>(), [1000, 100]);
}

#[test]
fn a_batch_function_that_wakes_itself_for_ever_starves_nobody() {
    let spinning = Loader::new(batch_fn(|_: Vec<u32>| async {
        loop {
            turn().await;
        }
        #[expect(unreachable_code, reason = "it says what the loop would give")]
        Vec::<Result<u32, String>>::new()
    }));
    let (loader, log) = tens();
    let mut hand = Hand::new(scope(async {
        let stuck = async { drop(select(spinning.get(1), pending::<()>()).await) };
        let works = async {
            for key in 0..3 {
                loader.get(key).await.unwrap();
            }
        };
        select(Box::pin(stuck), Box::pin(works)).await;
    }));
    for _ in 0..1000 {
        if hand.poll().is_ready() {
            assert_eq!(asked(&log), [[0], [1], [2]]);
            return;
        }
    }
    panic!("only the spinning one is served: {:?}", asked(&log));
}

#[test]
fn a_report_ends_with_its_future() {
    let (loader, _) = tens();
    run(scope(async {
        let (_, first) = Scope::new().report(loader.get(1)).await;
        loader.get(2).await.unwrap();
        let (_, second) = Scope::new().report(loader.get_many([3, 4])).await;
        assert_eq!((first.sizes(), second.sizes()), (vec![1], vec![2]));
    }));
}
