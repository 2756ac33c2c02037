//! Layouts that were compared with rustfmt's.

use super::*;

fn style() -> Style {
    crate::rewrite::style::style(&crate::source::SourceFile::new("x.rs".into(), String::new(), String::new()))
}

fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

fn call(name: &str, args: &[&str]) -> Tree {
    Tree::List(List::call(name, args.iter().map(|arg| text(arg)).collect(), &style()))
}

fn link(name: &str, args: &[&str]) -> Link {
    Link { name: name.to_owned(), args: Some(args.iter().map(|arg| text(arg)).collect()), tries: 0 }
}

fn let_(left: &str, right: Tree) -> String {
    let statement = Statement { before: Vec::new(), left: left.to_owned(), right, end: ";" };
    assigned(&statement, 4, &style()).unwrap_or_default()
}

#[test]
fn what_fits_stays_on_one_line() {
    assert_eq!(let_("let (a, b) =", call("tokio::join!", &["f()", "g()"])), "let (a, b) = tokio::join!(f(), g());");
}

#[test]
fn wide_arguments_get_a_line_each() {
    let args = ["people::name(store, person)", "people::photo(store, person)", "people::biography(store)"];
    let expected = "let (a, b, c) = tokio::join!(
        people::name(store, person),
        people::photo(store, person),
        people::biography(store),
    );";
    assert_eq!(let_("let (a, b, c) =", call("tokio::join!", &args)), expected);
}

#[test]
fn what_fits_below_goes_below() {
    let left = "let (the_first_of_all_values, the_second_of_all_values) =";
    let expected = format!("{left}\n        tokio::join!(people::name(store, person), photo(store));");
    assert_eq!(let_(left, call("tokio::join!", &["people::name(store, person)", "photo(store)"])), expected);
}

#[test]
fn a_block_at_the_end_runs_on() {
    let awaited = Tree::Chain {
        root: Box::new(text("client")),
        tries: 0,
        links: vec![
            link(".get", &["url_of_the_whole_profile"]),
            link(".send", &[]),
            Link { name: ".await".to_owned(), args: None, tries: 0 },
        ],
    };
    let block = Tree::Block { head: "async".to_owned(), body: vec![Statement::value(awaited)] };
    let list = List::call("tokio::join!", vec![text("f()"), block], &style());
    let expected = "let (a, b) = tokio::join!(f(), async {
        client.get(url_of_the_whole_profile).send().await
    });";
    assert_eq!(let_("let (a, b) =", Tree::List(list)), expected);
}

#[test]
fn an_await_behind_several_lines_has_a_line() {
    let args = ["people::name(store, person)", "people::photo(store, person)", "people::biography(store)"];
    let awaited = Tree::Chain {
        root: Box::new(call("futures::future::join3", &args)),
        tries: 0,
        links: vec![Link { name: ".await".to_owned(), args: None, tries: 1 }],
    };
    let expected = "let (a, b, c) = futures::future::join3(
        people::name(store, person),
        people::photo(store, person),
        people::biography(store),
    )
    .await?;";
    assert_eq!(let_("let (a, b, c) =", awaited), expected);
}
