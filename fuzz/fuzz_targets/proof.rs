//! What must hold is in `tests/src/fuzz.rs`, where ordinary tests find it as well.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    tests::fuzz::proof(bytes);
});
