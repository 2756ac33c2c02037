//! Spans of batches, with the feature `tracing`; without it, nothing of no size.
//!
//! In: the spans that keys were asked for in. Out: the span of the batch they were sent in.

pub(crate) use self::imp::{BatchSpan, KeySpan, KeySpans};

#[cfg(feature = "tracing")]
mod imp {
    use tracing::{Level, Span, span};

    /// The span that a key was asked for in.
    pub(crate) struct KeySpan(Span);

    impl KeySpan {
        pub(crate) fn current() -> Self {
            KeySpan(Span::current())
        }
    }

    /// Those of the slots of a batch.
    #[derive(Default)]
    pub(crate) struct KeySpans(Vec<(u32, Span)>);

    impl KeySpans {
        pub(crate) fn add(&mut self, slot: u32, span: KeySpan) {
            self.0.push((slot, span.0));
        }

        /// The span of a batch that has these slots of them.
        pub(crate) fn batch(&mut self, is_sent: impl Fn(u32) -> bool) -> BatchSpan {
            let spans = std::mem::take(&mut self.0);
            BatchSpan::New(spans.into_iter().map(|(slot, span)| (is_sent(slot), span)).collect())
        }
    }

    /// The span of a batch: a child of nothing, since it belongs to all of its keys alike. It follows from the span of
    /// each.
    pub(crate) enum BatchSpan {
        /// Spans run the subscriber's code, so it is made when the batch is polled, without any lock.
        New(Vec<(bool, Span)>),
        Open(Span),
    }

    impl BatchSpan {
        pub(crate) fn run<R>(&mut self, loader: &str, keys: usize, poll: impl FnOnce() -> R) -> R {
            if let BatchSpan::New(asked_in) = self {
                let batch = span!(parent: None, Level::DEBUG, "batch", loader, keys);
                for (_, key) in asked_in.iter().filter(|(is_sent, _)| *is_sent) {
                    batch.follows_from(key);
                }
                *self = BatchSpan::Open(batch);
            }
            match self {
                BatchSpan::Open(batch) => batch.in_scope(poll),
                BatchSpan::New(_) => poll(),
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    pub(crate) struct KeySpan;

    impl KeySpan {
        pub(crate) fn current() -> Self {
            KeySpan
        }
    }

    #[derive(Default)]
    pub(crate) struct KeySpans(());

    impl KeySpans {
        pub(crate) fn add(&mut self, _slot: u32, _span: KeySpan) {}

        pub(crate) fn batch(&mut self, _is_sent: impl Fn(u32) -> bool) -> BatchSpan {
            BatchSpan
        }
    }

    pub(crate) struct BatchSpan;

    impl BatchSpan {
        pub(crate) fn run<R>(&mut self, _loader: &str, _keys: usize, poll: impl FnOnce() -> R) -> R {
            poll()
        }
    }
}
