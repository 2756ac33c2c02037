//! The exact join: what several awaits with `?` mean, side by side.
//!
//! In: futures, some of them marked with `?`. Out: a tuple, or the enclosing body is left as it would have been.

/// Awaits 2 to 16 futures side by side, and means what awaiting them one after the other means.
///
/// ```
/// # use std::num::ParseIntError;
/// # async fn age(person: &str) -> Result<u8, ParseIntError> { person.parse() }
/// # async fn photo(person: &str) -> Result<String, std::io::Error> { Ok(person.to_owned()) }
/// # async fn visits(person: &str) -> usize { person.len() }
/// async fn page(person: &str) -> Result<String, Box<dyn std::error::Error>> {
///     let (age, photo, visits) = conjoin::join!(age(person)?, photo(person)?, visits(person));
///     Ok(format!("{photo}, aged {age}, seen {visits} times"))
/// }
/// # let page = conjoin::block_on(page("7")).unwrap();
/// # assert_eq!(page.unwrap(), "7, aged 7, seen 1 times");
/// ```
///
/// A branch with `?` leaves the *enclosing* body when it fails, as `f().await?` would: with its own conversion of the
/// error, so branches may have errors of different types, or be `Option`s. A branch without it cannot fail; its output
/// is in the tuple as it is. The rest is what the sequence means:
///
/// | | |
/// |---|---|
/// | which error | the first in the text, never the first in time |
/// | when | as soon as every branch before the failed one is done |
/// | a branch before a failed one | runs to its end |
/// | a branch after a failed one | is dropped at once; it is not started, if the failure comes first |
/// | order of polls | as written, those that wait again every time |
/// | temporaries in arguments | live to the end of the statement |
/// | allocations | none |
///
/// What is left to differ: a later branch may have started, and done part of its work, before an earlier one fails. So
/// join what reads.
///
/// Several `?` may follow a branch, for a `Result` in an `Option` and the like. For what comes between `.await` and `?`,
/// write a block: `async { f().await.context("no f") }?`.
///
/// # Cancellation
///
/// The branches are part of the enclosing body and are dropped with it.
///
/// # Panics
///
/// With the branch that panics.
///
/// The polling is that of `futures::join!`. That an error can wait for its turn while the rest of the join goes on is
/// an old idea too: `try_join!(a, async { Ok(b.await) })?` with a `?` for `b` afterwards, nested for more than two.
#[macro_export]
macro_rules! join {
    ($($branches:tt)*) => {
        $crate::__private::join!($crate; $($branches)*)
    };
}

/// What [`join!`] expands to. Nothing here is for anybody else.
#[doc(hidden)]
pub mod private {
    use std::future::IntoFuture;
    use std::ops::ControlFlow;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    pub use conjoin_macros::join;

    /// What `?` can be applied to.
    #[diagnostic::on_unimplemented(
        message = "in `join!`, `?` stands behind a future of a `Result` or an `Option`, and this one is of `{Self}`",
        label = "leave this `?` out: the branch cannot fail"
    )]
    pub trait Fallible {
        /// What is left when `?` does not leave.
        type Value;
        /// That, or nothing if `?` will leave.
        fn value(&self) -> Option<&Self::Value>;
    }

    impl<T, E> Fallible for Result<T, E> {
        type Value = T;
        fn value(&self) -> Option<&T> {
            self.as_ref().ok()
        }
    }

    impl<T> Fallible for Option<T> {
        type Value = T;
        fn value(&self) -> Option<&T> {
            self.as_ref()
        }
    }

    impl<B, C> Fallible for ControlFlow<B, C> {
        type Value = C;
        fn value(&self) -> Option<&C> {
            match self {
                ControlFlow::Continue(value) => Some(value),
                ControlFlow::Break(_) => None,
            }
        }
    }

    /// What is left when `?` does not leave, or nothing if it will.
    pub fn value<T: Fallible>(output: &T) -> Option<&T::Value> {
        output.value()
    }

    /// As `.await` does.
    pub fn into_future<F: IntoFuture>(future: F) -> F::IntoFuture {
        future.into_future()
    }

    /// Whether the branch is done. It is dropped when it is.
    pub fn poll<F: Future>(
        mut future: Pin<&mut Option<F>>,
        output: &mut Option<F::Output>,
        context: &mut Context<'_>,
    ) -> bool {
        if let Some(pending) = future.as_mut().as_pin_mut()
            && let Poll::Ready(value) = pending.poll(context)
        {
            *output = Some(value);
            future.set(None);
        }
        output.is_some()
    }

    /// A poll without a value.
    pub fn ready(is_ready: bool) -> Poll<()> {
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Invariant: a branch whose output is taken is done. Only what comes after a failed one is not, and its `?` has left.
    pub fn take<T>(output: Option<T>) -> T {
        match output {
            Some(output) => output,
            None => unreachable!("the branch before it has left the body"),
        }
    }
}
