//! Fuzz target: `hyla_tests::fuzz::lua_source`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hyla_tests::fuzz::lua_source(data));
