//! conjoin beside other crates that batch, in one process, taken in turns.
//!
//! In: nothing. Out: a table, on stdout. The others get what suits them: timers of length zero, and batches that are sent
//! as soon as everything that is asked for at a time is there.

#[path = "../../../benches/loader/measure.rs"]
mod measure;
mod others;
#[path = "../../../benches/loader/own.rs"]
mod own;

fn main() {
    measure::table(["join_all", "join_all, waiting once"], |threads, width| {
        let mut ways = own::ways();
        ways.extend(others::ways(width));
        if threads == 1 {
            ways.push(others::stack_queue());
        }
        ways
    });
    others::latencies();
}
