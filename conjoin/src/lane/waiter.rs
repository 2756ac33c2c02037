//! One waiter: a ticket that is never lost.
//!
//! In: polls. Out: the answer; or the ticket goes back when the waiter is dropped.

use std::sync::Arc;
use std::task::Waker;

use super::{Answer, Copy, Home, Lane, Ticket};
use crate::scope::current;

pub(crate) struct Waiter<K, V, E> {
    lane: Arc<Lane<K, V, E>>,
    /// Nothing when the answer was taken.
    ticket: Option<Ticket>,
}

impl<K, V, E> Waiter<K, V, E> {
    pub(crate) fn new(lane: Arc<Lane<K, V, E>>, ticket: Ticket) -> Self {
        Waiter { lane, ticket: Some(ticket) }
    }

    /// The answer, once. Outside of a scope this sends the batch and drives what is in flight.
    pub(crate) fn poll(&mut self, waker: &Waker, copy: Copy<V, E>) -> Option<Answer<V, E>> {
        let ticket = self.ticket.as_mut()?;
        let mut answer = self.lane.answer(ticket, waker, copy);
        if answer.is_none() && matches!(self.lane.home, Home::Outside(_)) {
            // What a batch function loads here must not get into a scope that only this waiter is in.
            let entered = current::enter(None);
            self.lane.start_up_to(ticket.batch, &mut |_| {});
            self.lane.drive();
            drop(entered);
            answer = self.lane.answer(ticket, waker, copy);
        }
        if answer.is_some() {
            self.ticket = None;
        }
        answer
    }
}

impl<K, V, E> Drop for Waiter<K, V, E> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.lane.leave(ticket);
        }
    }
}
