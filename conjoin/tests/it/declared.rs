//! Loaders that are declared by `#[conjoin::loader]`.

use std::collections::HashMap;

use conjoin::{Loader, Scope};

use crate::hand::run;

type Store = HashMap<u32, String>;

/// The names of people.
#[conjoin::loader(max_batch = 2, name = "people")]
async fn person_name(store: &Store, greeting: &str_like::Text, ids: &[u32]) -> Vec<Result<String, String>> {
    crate::hand::turn().await;
    let name = |id: &u32| store.get(id).map(|name| format!("{} {name}", greeting.0));
    ids.iter().map(|id| name(id).ok_or_else(|| format!("nobody is {id}"))).collect()
}

/// A loader that holds nothing.
#[conjoin::loader]
async fn doubled(keys: &[u32]) -> Vec<Result<u32, std::convert::Infallible>> {
    keys.iter().map(|key| Ok(key * 2)).collect()
}

mod str_like {
    pub struct Text(pub &'static str);
}

#[test]
fn one_function_is_a_loader() {
    let store = Store::from([(1, "Ada".to_owned()), (2, "Bob".to_owned())]);
    let names: Loader<PersonName> = person_name(store, str_like::Text("Dear"));
    assert_eq!(names.name(), "people");
    let (got, report) = run(Scope::new().report(names.get_many([1, 2, 3])));
    assert_eq!(got[0], Ok("Dear Ada".to_owned()));
    assert_eq!(got[2].as_ref().unwrap_err().failure().unwrap(), "nobody is 3");
    assert_eq!(report.sizes(), [2, 1]);
}

#[test]
fn options_are_those_of_the_builder_and_may_be_left_out() {
    let doubled = doubled();
    assert_eq!(doubled.name(), "doubled");
    assert_eq!(run(doubled.get(4)), Ok(8));
}
