//! What is put beside a rewrite to find out more than whether it compiles.
//!
//! In: the place of a rewrite and the function around it. Out: [`Piece`]s.
//!
//! A *canary* is an error in an item of its own: where the compiler does not report it, the place is not compiled, behind a
//! `cfg` or in an unused macro, and a rewrite there cannot be trusted. A *probe* calls the function and asks whether its
//! future is `Send`: otherwise that would show where somebody spawns it, perhaps in another package.

use super::compose::{Piece, Role};
use crate::diagnostic::Edit;
use crate::parse::signature::{Owner, Signature};
use crate::source::Span;

/// The code of the error that a canary makes.
pub(super) const CANARY_ERROR: &str = "E0308";

/// An error in front of the statement that a rewrite begins with. In a constant, so that it spoils nothing around it.
pub(super) fn canary(owner: usize, statement: u32) -> Piece {
    insert(owner, Role::Canary, statement, "const _: () = { let _: () = 0u8; }; ".to_owned())
}

/// A function that asks whether the future of this one is `Send`; `None` where that cannot be asked.
pub(super) fn probe(owner: usize, signature: &Signature) -> Option<Piece> {
    if !signature.is_plain_future {
        return None;
    }
    match &signature.owner {
        None if signature.receiver.is_some() => None,
        None => Some(insert(owner, Role::Probe, signature.item.end, asking(owner, signature, ""))),
        Some(block) => match &block.implements {
            None => Some(insert(owner, Role::Probe, signature.item.end, asking(owner, signature, "Self::"))),
            Some(of) => Some(insert(owner, Role::Probe, block.item.end, beside(owner, signature, block, of))),
        },
    }
}

/// The function that asks, as text.
fn asking(owner: usize, signature: &Signature, path: &str) -> String {
    let Signature { name, generics, arguments, receiver, parameters, bounds, .. } = signature;
    let names = (0..parameters.len()).map(|at| format!("p{at}"));
    let declared: Vec<String> = receiver
        .iter()
        .cloned()
        .chain(names.clone().zip(parameters).map(|(name, of)| format!("{name}: {of}")))
        .collect();
    let given: Vec<String> = receiver.iter().map(|_| "self".to_owned()).chain(names).collect();
    format!(
        " #[allow(warnings, clippy::all)] fn conjoin_probe_{owner}{generics}({}) {bounds} \
         {{ fn is_send<F: Send>(_: F) {{}} is_send({path}{name}{arguments}({})) }}",
        declared.join(", "),
        given.join(", ")
    )
}

/// The same in a block of its own: an `impl` of a trait takes no other functions.
fn beside(owner: usize, signature: &Signature, block: &Owner, of: &str) -> String {
    let asking = asking(owner, signature, &format!("<Self as {of}>::"));
    format!(" impl{} {} {} {{{asking} }}", block.generics, block.of, block.bounds)
}

fn insert(owner: usize, role: Role, at: u32, replacement: String) -> Piece {
    Piece { edit: Edit { span: Span { start: at, end: at }, replacement }, owner, role }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{parse, signature::signature_at};
    use crate::source::SourceFile;

    fn written(text: &str) -> Option<String> {
        let file = SourceFile::new("a.rs".into(), "a.rs".to_owned(), text.to_owned());
        let at = u32::try_from(text.find("HERE").unwrap()).unwrap();
        let signature = signature_at(&file, &parse(&file).unwrap(), at).unwrap();
        let composed = super::super::compose::compose(text, vec![probe(7, &signature)?]);
        assert!(parse(&SourceFile::new("b.rs".into(), "b.rs".to_owned(), composed.text.clone())).is_ok());
        composed.text.strip_prefix(&text[..text.len() - 1]).map(str::to_owned).or(Some(composed.text))
    }

    #[test]
    fn a_function_is_asked_with_its_own_parameters() {
        let probe =
            written("async fn f<'a, T: Clone>(mut a: &'a T, (b, _): (u8, u8)) where T: Sync { HERE }\n").unwrap();
        assert!(probe.contains("fn conjoin_probe_7<'a, T: Clone>(p0: &'a T, p1: (u8, u8)) where T: Sync {"), "{probe}");
        assert!(probe.contains("is_send(f::<T>(p0, p1))"), "{probe}");
    }

    #[test]
    fn a_method_is_asked_in_its_block_and_that_of_a_trait_beside_it() {
        let probe = written("impl<T> S<T> { async fn f(&self, a: T) { HERE } }\n").unwrap();
        assert!(probe.contains("(&self, p0: T)") && probe.contains("is_send(Self::f(self, p0)) } }"), "{probe}");
        let probe =
            written("impl<T: X> Get<T> for S<T> where T: Y { async fn f(self: Arc<Self>) { HERE } }\n").unwrap();
        assert!(probe.contains(" impl<T: X> S<T> where T: Y { #[allow"), "{probe}");
        assert!(probe.contains("is_send(<Self as Get<T>>::f(self))"), "{probe}");
    }

    #[test]
    fn what_cannot_be_called_from_outside_is_not_asked() {
        assert_eq!(written("trait T { async fn f(&self) { HERE } }\n"), None);
        assert_eq!(written("async unsafe fn f() { HERE }\n"), None);
        assert_eq!(written("fn f() -> u8 { HERE }\n"), None);
        assert!(written("fn f() -> impl Future<Output = u8> + use<> { HERE }\n").is_some());
    }
}
