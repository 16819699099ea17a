//! When something has to be judged again.
//!
//! Most events leave most judgements as they are. So whatever is judged keeps its `due_ns`: the time at which silence
//! alone changes the outcome, because something leaves a window then. Before it, and as long as nothing touches what is
//! judged, the last judgement stands; whatever touches it makes it due at once.

/// Due at the next event, whenever that is.
pub(crate) const AT_ONCE: i64 = i64::MIN;
/// Later than every event: silence changes nothing.
pub const FOREVER: i64 = 1 << 62;
