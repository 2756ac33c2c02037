//! What `--why` says of an await: where it stands in time, what holds it back and where that is.

use crate::cli::{Ran, conjoin};
use crate::tree::tree;

const PAGE: &str = "\
struct Store;
impl Store {
    async fn fetch(&self, key: u32) -> u32 { self.ask(key).await }
    async fn save(&self, key: u32) { SAVED.set(key); self.ask(key).await; }
    async fn ask(&self, key: u32) -> u32 { query(key).await }
}
async fn page(store: &Store, id: u32) -> u32 {
    let name = store.fetch(id).await;
    let photo = store
        .fetch(id + 1)
        .await;
    let town = store.fetch(name).await;
    let saved = store.save(town).await;
    let key = id * 2;
    let last = store.fetch(key).await;
    if last > 3 {
        store.fetch(last).await;
    }
    name + photo
}
async fn both(store: &Store) -> u32 { store.fetch(1).await + store.fetch(2).await }
fn idle() {}
";

fn why(line: usize, arguments: &[&str]) -> Ran {
    let folder = tree(&[("page.rs", PAGE)]);
    let place = format!("page.rs:{line}");
    conjoin(folder.path(), &[&["--why", &place], arguments].concat())
}

fn says(line: usize) -> String {
    let ran = why(line, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn an_await_that_waits_without_need_is_shown_with_its_evidence_and_company() {
    let expected = "\
page.rs:11: `fetch` waits without need, it could start earlier

  This part of `page`: 5 round trips today, 4 at best

    line           today  at best
       8  `fetch`      1        1
  >   11  `fetch`      2        1
      12  `fetch`      3        2
      13  `save`       4        3
      15  `fetch`      5        4

  reads: it calls `Store::fetch` (page.rs:3),
         which calls `Store::ask` (page.rs:5),
         which calls `query`,
         which reads by its name and the way it is called
  join:  `fetch` (line 8)
";
    for line in 9..=11 {
        assert_eq!(says(line), expected, "{}", says(line));
    }
}

#[test]
fn what_holds_it_back_is_named_with_its_line() {
    let town = says(12);
    assert!(town.starts_with("page.rs:12: `fetch` must wait for line 8, `fetch`\n"), "{town}");
    assert!(town.contains("\n  why:   `fetch`, page.rs:8: it needs `name` (flow(name))\n"), "{town}");
    let last = says(15);
    assert!(last.starts_with("page.rs:15: `fetch` must wait for line 13, `save`\n"), "{last}");
    let reason = "\n  why:   `save`, page.rs:13: `save` writes, so their order may matter\n           (write(save))\n";
    assert!(last.contains(reason), "{last}");
    assert!(last.contains("\n           it calls `Store::save` (page.rs:4),\n           which "), "{last}");
    assert!(last.contains("\n  also:  page.rs:14: it needs `key` (flow(key))\n"), "{last}");
    let inner = says(17);
    assert!(inner.starts_with("page.rs:17: `fetch` must wait for line 16\n"), "{inner}");
    assert!(inner.contains("page.rs:16: an `if` decides whether it runs (control(if))"), "{inner}");
}

#[test]
fn each_await_of_a_line_has_its_paragraph() {
    let both = says(21);
    let heads: Vec<&str> = both.lines().filter(|line| line.starts_with("page.rs:21: ")).collect();
    assert_eq!(heads.len(), 2, "{both}");
    assert!(both.contains("\n\npage.rs:21: "), "{both}");
}

#[test]
fn a_line_without_an_await_is_refused_with_the_nearest_ones() {
    let refused = |line: usize, message: &str, help: &str| {
        let ran = why(line, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert_eq!(ran.stderr, format!("error: page.rs:{line}: {message}\n  help: {help}\n"));
    };
    let lines = "the nearest awaits of this function are on lines 11, 12, 13, 15 and 17";
    refused(14, "there is no await on this line", lines);
    refused(22, "there is no await on this line", "the nearest awaits of the file are on lines 12, 13, 15, 17 and 21");
    refused(
        40,
        "there is no such line, the file has 22",
        "the nearest awaits of the file are on lines 12, 13, 15, 17 and 21",
    );
}

#[test]
fn it_is_in_colour_only_when_asked() {
    assert!(!says(15).contains('\u{1b}'));
    let colored = why(15, &["--color=always"]).stdout;
    assert!(colored.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), says(15));
}

#[test]
fn the_rounds_around_an_await_are_told_apart() {
    let text = "\
async fn prices(store: &Store, ids: &[u32], pages: u32) -> Vec<u32> {
    let mut all = Vec::new();
    for id in ids {
        all.push(store.fetch_price(*id).await);
    }
    let mut cursor = 0;
    for id in ids {
        cursor = store.fetch_next(cursor, *id).await;
    }
    while cursor < pages {
        cursor = store.fetch_page(cursor).await;
    }
    all
}
";
    let folder = tree(&[("prices.rs", text)]);
    let says = |line: usize| conjoin(folder.path(), &["--why", &format!("prices.rs:{line}")]).stdout;
    let free = "\n  loop:  the rounds of the loop in line 3 need not wait for one another\n";
    assert!(says(4).contains(free), "{}", says(4));
    let carried = "\n  loop:  the rounds of the loop in line 7 stay in a row; prices.rs:8: it needs\n           `cursor` (flow(cursor))\n";
    assert!(says(8).contains(carried), "{}", says(8));
    let asked = "\n  loop:  the rounds of the loop in line 10 stay in a row: each round is asked\n           for by the one before (control(loop))\n";
    assert!(says(11).contains(asked), "{}", says(11));
}
