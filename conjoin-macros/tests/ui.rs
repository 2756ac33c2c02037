//! What the compiler says where the macros are used wrongly: `tests/ui`, one file per mistake.

#[test]
fn mistakes_are_told_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
