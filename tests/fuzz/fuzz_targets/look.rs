#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| { hostler_fuzz::look(data); });
