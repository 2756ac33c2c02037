//! A span per batch, that follows from the spans of its keys.
//!
//! A binary of its own: `tracing` asks the thread that comes by a span first whether anybody wants it, and remembers the
//! answer for all threads, so a test beside this one could silence it.

#![cfg(feature = "tracing")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conjoin::{Loader, batch_fn, scope};
use futures::executor::block_on;
use futures::future::{ready, select};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Instrument as _, Metadata, Subscriber, info_span};

/// Spans by number, what follows from what, and in which span events are.
#[derive(Default)]
struct Seen {
    spans: HashMap<u64, &'static Metadata<'static>>,
    follows: Vec<(&'static str, &'static str)>,
    entered: Vec<u64>,
    events: Vec<&'static str>,
}

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Seen>>);

impl Subscriber for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let spans = &mut locked(&self.0).spans;
        let id = spans.len() as u64 + 1;
        spans.insert(id, attributes.metadata());
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        let mut seen = locked(&self.0);
        let pair = (seen.spans[&span.into_u64()].name(), seen.spans[&follows.into_u64()].name());
        seen.follows.push(pair);
    }

    fn event(&self, _: &Event<'_>) {
        let mut seen = locked(&self.0);
        let name = seen.entered.last().map_or("none", |id| seen.spans[id].name());
        seen.events.push(name);
    }

    fn enter(&self, span: &Id) {
        locked(&self.0).entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        locked(&self.0).entered.pop();
    }

    fn current_span(&self) -> tracing_core::span::Current {
        let seen = locked(&self.0);
        let Some(id) = seen.entered.last() else { return tracing_core::span::Current::none() };
        tracing_core::span::Current::new(Id::from_u64(*id), seen.spans[id])
    }
}

#[test]
fn a_batch_follows_from_the_keys_that_are_in_it() {
    let watch = Watch::default();
    tracing::subscriber::with_default(watch.clone(), || {
        let loader = Loader::new(batch_fn(|keys: Vec<u32>| async move {
            tracing::info!("asked");
            keys.into_iter().map(Ok::<_, ()>).collect()
        }));
        let _ = block_on(scope(async {
            let quits = async { drop(select(loader.get(3), ready(())).await) };
            let twice = async { futures::join!(loader.get(1), loader.get(2)) };
            futures::join!(
                twice.instrument(info_span!("first")),
                loader.get(2).instrument(info_span!("second")),
                quits.instrument(info_span!("quits")),
            )
        }));
    });
    let seen = locked(&watch.0);
    assert_eq!(seen.follows, [("batch", "first"), ("batch", "first"), ("batch", "second")]);
    assert_eq!(seen.events, ["batch"]);
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
