//! What came of the last discovery of each server, kept in memory until the process ends: an address may not carry
//! such texts, and the page that follows the form must tell them. Another replica does not know of it; its page
//! shows the tools alone.

use super::discovery::{DiscoveryState, Failure};
use policy::{ServerSlug, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A discovery that says nothing for so long, in microseconds, is over, whatever it said last.
const LONGEST: i64 = 60_000_000;

/// One entry for each server that was asked. Cheap to clone: clones share the entries.
#[derive(Clone, Default)]
pub struct Discoveries(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Clone)]
struct Entry {
    at: Timestamp,
    state: DiscoveryState,
}

impl Discoveries {
    /// Begins one, unless one is running.
    pub fn begin(&self, server: &ServerSlug, tried: &str, now: Timestamp) -> Option<Run> {
        let mut entries = self.entries();
        let running = entries.get(server.as_str()).is_some_and(|entry| {
            matches!(entry.state, DiscoveryState::Running(_))
                && now.micros().saturating_sub(entry.at.micros()) < LONGEST
        });
        if running {
            return None;
        }
        let state = DiscoveryState::Running("Connecting".to_owned());
        entries.insert(server.to_string(), Entry { at: now, state });
        Some(Run {
            discoveries: self.clone(),
            server: server.to_string(),
            tried: tried.to_owned(),
            at: now,
            ended: false,
        })
    }

    /// When the server was asked last, and what came of it.
    pub fn last(&self, server: &ServerSlug) -> Option<(Timestamp, DiscoveryState)> {
        self.entries().get(server.as_str()).map(|entry| (entry.at, entry.state.clone()))
    }

    /// For a server that is gone.
    pub fn forget(&self, server: &ServerSlug) {
        self.entries().remove(server.as_str());
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Entries are replaced as a whole: whoever panicked left none of them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A discovery that is running. Dropped without an end, it was broken off.
pub struct Run {
    discoveries: Discoveries,
    server: String,
    tried: String,
    at: Timestamp,
    ended: bool,
}

impl Run {
    /// What it does right now.
    pub fn progress(&self, words: String) {
        self.set(DiscoveryState::Running(words));
    }

    pub fn end(mut self, state: DiscoveryState) {
        self.ended = true;
        self.set(state);
    }

    fn set(&self, state: DiscoveryState) {
        self.discoveries.entries().insert(self.server.clone(), Entry { at: self.at, state });
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.ended {
            self.set(DiscoveryState::Failed(Failure {
                tried: self.tried.clone(),
                came_back: "The request was broken off before the server had answered.".to_owned(),
                advice: None,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::server::discovery::Found;

    const AT: Timestamp = Timestamp::from_micros(1_000_000);

    #[test]
    fn one_at_a_time_and_the_last_one_stays() {
        let (discoveries, crm) = (Discoveries::default(), ServerSlug::from("crm"));
        assert!(discoveries.last(&crm).is_none());
        let run = discoveries.begin(&crm, "x", AT).expect("begins");
        assert!(discoveries.begin(&crm, "x", AT).is_none());
        assert!(discoveries.begin(&ServerSlug::from("files"), "x", AT).is_some());
        run.progress("Connected".to_owned());
        assert_eq!(discoveries.last(&crm), Some((AT, DiscoveryState::Running("Connected".to_owned()))));
        run.end(DiscoveryState::Found(Found::default()));
        assert_eq!(discoveries.last(&crm), Some((AT, DiscoveryState::Found(Found::default()))));
        assert!(discoveries.begin(&crm, "x", AT).is_some());
        discoveries.forget(&crm);
        assert!(discoveries.last(&crm).is_none());
    }

    #[test]
    fn one_that_is_dropped_was_broken_off_and_one_that_hangs_is_over() {
        let (discoveries, crm) = (Discoveries::default(), ServerSlug::from("crm"));
        drop(discoveries.begin(&crm, "x", AT));
        assert!(matches!(discoveries.last(&crm), Some((_, DiscoveryState::Failed(_)))));
        let hanging = discoveries.begin(&crm, "x", AT).expect("begins");
        assert!(discoveries.begin(&crm, "x", AT.saturating_add_micros(LONGEST)).is_some());
        drop(hanging);
    }
}
