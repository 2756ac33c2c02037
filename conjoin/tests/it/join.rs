//! What `join!` means, case by case. `join_model` compares it with sequential code on random trees.

use std::cell::RefCell;
use std::future::{IntoFuture, Ready, ready};
use std::num::ParseIntError;
use std::ops::ControlFlow;

use conjoin::join;

use crate::hand::{Gates, Hand, note, notes, run, turn};

async fn parse(text: &str) -> Result<i32, ParseIntError> {
    text.parse()
}

async fn plain(number: i32) -> i32 {
    number
}

/// Notes its start, its end, and that it was dropped before.
async fn step(name: &'static str, turns: usize, result: Result<i32, String>) -> Result<i32, String> {
    struct Noted(&'static str, bool);
    impl Drop for Noted {
        fn drop(&mut self) {
            note(format!("{}{}", self.0, if self.1 { ">" } else { "!" }));
        }
    }
    note(format!("{name}<"));
    let mut noted = Noted(name, false);
    for _ in 0..turns {
        turn().await;
    }
    noted.1 = true;
    result
}

fn fails(name: &str) -> Result<i32, String> {
    Err(name.to_owned())
}

#[test]
fn values_come_as_a_tuple() {
    async fn body() -> Result<(i32, i32, i32), ParseIntError> {
        Ok(join!(parse("1")?, plain(2), parse("3")?))
    }
    assert_eq!(run(body()), Ok((1, 2, 3)));
}

#[test]
fn each_branch_has_its_own_conversion() {
    #[derive(Debug, PartialEq)]
    enum Own {
        Text(String),
        Number(ParseIntError),
    }
    impl From<String> for Own {
        fn from(text: String) -> Self {
            Own::Text(text)
        }
    }
    impl From<ParseIntError> for Own {
        fn from(error: ParseIntError) -> Self {
            Own::Number(error)
        }
    }
    async fn body(number: &str, text: Result<i32, String>) -> Result<i32, Own> {
        let (a, b) = join!(parse(number)?, ready(text)?);
        Ok(a + b)
    }
    assert_eq!(run(body("1", Ok(2))), Ok(3));
    assert!(matches!(run(body("x", fails("late"))), Err(Own::Number(_))));
    assert_eq!(run(body("1", fails("late"))), Err(Own::Text("late".to_owned())));
}

#[test]
fn the_first_error_is_the_first_in_the_text() {
    async fn body() -> Result<i32, String> {
        let (a, b) = join!(step("a", 5, fails("a"))?, step("b", 1, fails("b"))?);
        Ok(a + b)
    }
    assert_eq!(run(body()), Err("a".to_owned()));
    assert_eq!(notes(), ["a<", "b<", "b>", "a>"]);
}

#[test]
fn an_earlier_branch_runs_to_its_end_before_a_later_error_leaves() {
    async fn body() -> Result<i32, String> {
        let (a, i, b) =
            join!(step("a", 5, Ok(1))?, async { step("i", 3, Ok(1)).await.unwrap() }, step("b", 1, fails("b"))?);
        Ok(a + i + b)
    }
    assert_eq!(run(body()), Err("b".to_owned()));
    assert_eq!(notes(), ["a<", "i<", "b<", "b>", "i>", "a>"]);
}

#[test]
fn a_later_branch_is_dropped_as_soon_as_it_cannot_matter() {
    async fn body() -> Result<(), String> {
        let d = async { step("d", 9, Ok(1)).await.unwrap() };
        join!(step("a", 3, Ok(1))?, step("b", 1, fails("b"))?, step("c", 9, Ok(1))?, d);
        Ok(())
    }
    assert_eq!(run(body()), Err("b".to_owned()));
    assert_eq!(notes(), ["a<", "b<", "c<", "d<", "b>", "c!", "d!", "a>"]);
}

#[test]
fn what_fails_at_once_keeps_later_branches_from_starting() {
    async fn body() -> Result<(), String> {
        join!(step("a", 0, fails("a"))?, step("b", 1, Ok(1))?);
        Ok(())
    }
    assert_eq!(run(body()), Err("a".to_owned()));
    assert_eq!(notes(), ["a<", "a>"]);
}

#[test]
fn polled_in_written_order_every_time() {
    run(async { join!(step("a", 1, Ok(1)), step("b", 2, Ok(1)), step("c", 1, Ok(1))) }).0.unwrap();
    assert_eq!(notes(), ["a<", "b<", "c<", "a>", "c>", "b>"]);
}

#[test]
fn options_and_others_leave_too() {
    async fn option(a: Option<i32>) -> Option<i32> {
        let (a, b) = join!(ready(a)?, ready(Some(1))?);
        Some(a + b)
    }
    assert_eq!((run(option(Some(2))), run(option(None))), (Some(3), None));
    async fn flow(a: ControlFlow<char, i32>) -> ControlFlow<char, i32> {
        let (a, b) = join!(ready(a)?, plain(1));
        ControlFlow::Continue(a + b)
    }
    assert_eq!(run(flow(ControlFlow::Break('x'))), ControlFlow::Break('x'));
    assert_eq!(run(flow(ControlFlow::Continue(1))), ControlFlow::Continue(2));
}

#[test]
fn several_marks_look_inside() {
    async fn body(inner: Result<Result<i32, ParseIntError>, String>) -> Result<i32, Box<dyn std::error::Error>> {
        let (a, b) = join!(ready(inner)??, step("b", 9, Ok(1))?);
        Ok(a + b)
    }
    assert_eq!(run(body(Ok(Ok(1)))).unwrap(), 2);
    notes();
    assert!(run(body(Ok("x".parse()))).unwrap_err().is::<ParseIntError>());
    assert!(notes().is_empty(), "the later branch never starts");
    assert_eq!(run(body(Err("outer".to_owned()))).unwrap_err().to_string(), "outer");
}

#[test]
fn temporaries_in_arguments_live_long_enough() {
    async fn length(text: &str) -> usize {
        turn().await;
        text.len()
    }
    async fn first(cell: &RefCell<Vec<usize>>) -> usize {
        turn().await;
        cell.borrow()[0]
    }
    let got =
        run(async { join!(length(&String::from("four")), first(&RefCell::new(vec![7])), length(&format!("{}", 12))) });
    assert_eq!(got, (4, 7, 2));
}

#[test]
fn commas_in_generics_and_everything_that_can_be_awaited() {
    struct Request(i32);
    impl IntoFuture for Request {
        type Output = i32;
        type IntoFuture = Ready<i32>;
        fn into_future(self) -> Ready<i32> {
            ready(self.0)
        }
    }
    async fn pair<A: Default, B: Default>() -> (A, B) {
        (A::default(), B::default())
    }
    let mut kept = Box::pin(plain(4));
    let got = run(async { join!(pair::<u8, Vec<(u8, u8)>>(), Request(3), &mut kept, async { 5 }, plain(6),) });
    assert_eq!(got, ((0, vec![]), 3, 4, 5, 6));
}

#[test]
fn names_of_the_macro_are_not_seen() {
    let (future0, output0, context, are_done) = (1, 2, 3, 4);
    let got = run(async { join!(plain(future0 + output0), plain(context + are_done)) });
    assert_eq!(got, (3, 7));
}

#[test]
fn sixteen_branches() {
    let n = plain;
    let got = run(async {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q) =
            join!(n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1), n(1));
        [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q]
    });
    assert_eq!(got, [1; 16]);
}

#[test]
fn a_finished_branch_is_dropped_when_it_is_finished() {
    let gates = Gates::default();
    let (a, b) = (gates.loader(), gates.loader());
    // Its future holds the note until it is dropped.
    let first = {
        let noted = step("a", 0, Ok(1));
        async {
            turn().await;
            noted.await
        }
    };
    let mut hand = Hand::new(async { join!(first, a.get(1)) });
    assert!(hand.run().is_none());
    assert_eq!(notes(), ["a<", "a>"]);
    drop((hand, b));
}

#[test]
fn futures_are_send_where_their_branches_are() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    async fn body() -> Result<i32, String> {
        let (a, b) = join!(step("a", 1, Ok(1))?, plain(1));
        Ok(a + b)
    }
    assert_eq!(run(is_send(body())), Ok(2));
}

#[test]
fn nothing_is_allocated() {
    async fn body() -> Result<i32, ParseIntError> {
        let (a, b, c) = join!(parse("1")?, plain(2), async {
            turn().await;
            parse("3").await
        }?);
        Ok(a + b + c)
    }
    let waker = std::task::Waker::noop();
    let allocations = allocation_counter::measure(|| {
        let mut body = std::pin::pin!(body());
        let mut context = std::task::Context::from_waker(waker);
        while body.as_mut().poll(&mut context).is_pending() {}
    });
    assert_eq!(allocations.count_total, 0);
}
