//! A person's file of the desktop: what it may say, and every mistake with its place.

use std::path::Path;

use crate::config::{DesktopFile, read_desktop};

const THEMES: &[&str] = &["dark", "light"];
const ACTIONS: &[&str] = &["drain", "cordon", "next-window"];

fn read(text: &str) -> Result<DesktopFile, Vec<String>> {
    let read = read_desktop(Path::new("desktop.yaml"), text, THEMES, ACTIONS);
    read.map_err(|problems| problems.0.iter().map(ToString::to_string).collect())
}

#[test]
fn all_it_may_say_is_read() {
    let said = read(
        "theme: light\nascii: true\nmouse: false\ntimes: utc\nhold_rows: false\n\
         keys:\n  drain: [B, ^x]\n  next-window: [\"]\", 1]\n  cordon: []\nproduction: [prod, 7]\n",
    )
    .unwrap();
    assert_eq!((said.theme.as_deref(), said.ascii), (Some("light"), Some(true)));
    assert_eq!((said.mouse, said.utc, said.hold_rows), (Some(false), Some(true), Some(false)));
    let keys: Vec<(&str, Vec<&str>)> = said
        .keys
        .iter()
        .map(|(name, keys)| (name.text.as_str(), keys.iter().map(|k| k.text.as_str()).collect()))
        .collect();
    let wanted = [("drain", vec!["B", "^x"]), ("next-window", vec!["]", "1"]), ("cordon", vec![])];
    assert_eq!(keys, wanted);
    assert_eq!(said.production, ["prod", "7"]);
    let place = said.keys[0].1[1].problem("no", "yes").to_string();
    assert_eq!(place, "desktop.yaml:7:14: keys.drain[1]: no: expected yes");
}

#[test]
fn a_file_may_say_nothing() {
    for text in ["", "# nothing yet\n", "keys: {}\nproduction: []\n"] {
        assert_eq!(read(text).unwrap(), DesktopFile::default(), "{text:?}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let said = read(
        "theme: drak\nacsii: true\nmouse: 1\ntimes: zulu\nhold_rows: \"yes\"\n\
         keys:\n  drian: [B]\n  drain: D\n  cordon: [[C]]\nproduction: prod\n",
    )
    .unwrap_err();
    assert_eq!(
        said,
        [
            "desktop.yaml:1:8: theme: `drak` is not known (did you mean `dark`?): expected dark or light",
            "desktop.yaml:2:1: acsii: unknown key (did you mean `ascii`?): expected theme, ascii, \
             mouse, times, hold_rows, keys, production",
            "desktop.yaml:3:8: mouse: is a number: expected true or false",
            "desktop.yaml:4:8: times: `zulu` is not known: expected local or utc",
            "desktop.yaml:5:12: hold_rows: is a text: expected true or false",
            "desktop.yaml:7:3: keys.drian: there is no command `drian` (did you mean `drain`?): \
             expected a name that Help shows at the right of each command",
            "desktop.yaml:8:10: keys.drain: is a text: expected a list",
            "desktop.yaml:9:12: keys.cordon[0]: is a list: expected a key such as C, ^W, F6 or Enter",
            "desktop.yaml:10:13: production: is a text: expected a list",
        ]
    );
    assert!(read("theme: [\n").unwrap_err()[0].contains("not YAML"));
    assert!(read("theme: dark\ntheme: light\n").unwrap_err()[0].contains("given twice"));
}
