//! Images: where they come from and what runs in them.

use crate::config::item::Item;
use crate::config::problem::{Report, clip};
use crate::model::{GuestOs, ImageSpec};

pub(super) fn read_image(item: &Item<'_>, report: &mut Report) -> Option<ImageSpec> {
    let [source, os] = item.fields(["source", "os"], report)?;
    let systems = [("macos", GuestOs::Macos), ("linux", GuestOs::Linux)];
    let os = os.and_then(|item| item.choice(systems, report)).unwrap_or_default();
    let Some(source) = source else {
        let expected = "a registry reference, or the name of a VM on the host";
        return report.wrong(item.missing("source", expected));
    };
    let text = source.text(report)?;
    // It becomes a word of a command on the host.
    let word = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if text.starts_with('-') || !text.chars().all(word) {
        let said = format!("`{}` is not an image source", clip(text));
        let expected = "a registry reference such as ghcr.io/acme/macos:26.1, or a VM's name";
        return report.wrong(source.wrong(said, expected));
    }
    Some(ImageSpec { source: text.to_string(), os })
}
