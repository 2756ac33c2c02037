# Everything that must hold before a change is merged.
ready:
    .ci/run

# Write expected outputs anew; then read the difference.
bless:
    cargo bless

# Time the report; CONJOIN_BENCH_PATH names a workspace to do it on.
bench:
    cargo bench --bench report
