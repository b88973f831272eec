//! Whether a wait is over, on a clock that may step back.

use crate::model::{Span, Timestamp};

/// Further ahead than this no correction of a clock that is right puts a moment.
const STEP: Span = Span::from_mins(1);

/// Whether `wait` has passed since a moment. One that lies in the future by more than the wait
/// was told by a clock that was wrong: it is not waited for.
pub(super) fn over(since: Timestamp, wait: Span, now: Timestamp) -> bool {
    now >= since + wait || since > now + wait.max(STEP)
}
