//! Every door that text of others comes in by takes the whole of its corpus again: what `cargo
//! fuzz` once found, and what tools and people really say.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "licence: this test reads the corpora")]

#[path = "fuzz/doors.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets are another package")]
mod doors;

use std::path::Path;

#[test]
fn every_door_takes_its_whole_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, door) in doors::DOORS {
        let files = std::fs::read_dir(corpora.join(name)).unwrap();
        let (mut many, mut let_in) = (0, 0);
        for file in files {
            let path = file.unwrap().path();
            let data = std::fs::read(&path).unwrap();
            // A panic names the file that led to it.
            let taken = std::panic::catch_unwind(|| door(&data));
            assert!(taken.is_ok(), "{} is not taken", path.display());
            many += 1;
            let_in += usize::from(taken.unwrap());
        }
        // A door that lets nothing in, or everything, tries nothing.
        assert!(let_in >= 1 && many - let_in >= 2, "{name} lets in {let_in} of {many}");
    }
}
