//! What the guard on a host says of the epoch it obeys and of our operations there.

use crate::model::GuardView;

/// The host keeps 64.
const MOST: usize = 256;

/// Reads the lines `epoch N`, `running OP`, `done OP STATUS`; skips what it does not know.
pub(super) fn read(text: &str) -> GuardView {
    let mut view = GuardView::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("epoch"), Some(epoch), None) => view.epoch = epoch.parse().unwrap_or(0),
            (Some("running"), Some(op), None) => view.running = op.parse().ok(),
            (Some("done"), Some(op), Some(status)) if view.done.len() < MOST => {
                if let (Ok(op), Ok(status)) = (op.parse(), status.parse()) {
                    view.done.insert(op, status);
                }
            }
            _ => {}
        }
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OpId;

    #[test]
    fn the_guard_tells_epoch_holder_and_ends() {
        let (a, b) = (OpId::from_bits(1), OpId::from_bits(2));
        let view = read(&format!("epoch 7\nrunning {a}\ndone {b} 77\nnew thing\ndone x y\n"));
        assert_eq!(view.epoch, 7);
        assert_eq!(view.running, Some(a));
        assert_eq!(view.done.into_iter().collect::<Vec<_>>(), [(b, 77)]);
        assert_eq!(read("epoch -1\nrunning ../..\n"), GuardView::default());
    }

    #[test]
    fn a_host_cannot_make_us_remember_without_end() {
        let lines: String =
            (0..9_999).map(|n| format!("done {} 0\n", OpId::from_bits(n))).collect();
        assert_eq!(read(&lines).done.len(), MOST);
    }
}
