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
pub struct Discoveries(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// How many have begun.
    begun: u64,
    last: BTreeMap<String, Entry>,
}

struct Entry {
    /// Of which run.
    run: u64,
    at: Timestamp,
    state: DiscoveryState,
}

impl Discoveries {
    /// Begins one, unless one is running.
    pub fn begin(&self, server: &ServerSlug, tried: &str, now: Timestamp) -> Option<Run> {
        let mut known = self.known();
        let running = known.last.get(server.as_str()).is_some_and(|entry| {
            matches!(entry.state, DiscoveryState::Running(_))
                && now.micros().saturating_sub(entry.at.micros()) < LONGEST
        });
        if running {
            return None;
        }
        let state = DiscoveryState::Running("Connecting".to_owned());
        known.begun += 1;
        let run = known.begun;
        known.last.insert(server.to_string(), Entry { run, at: now, state });
        Some(Run {
            discoveries: self.clone(),
            run,
            server: server.to_string(),
            tried: tried.to_owned(),
            ended: false,
        })
    }

    /// When the server was asked last, and what came of it.
    pub fn last(&self, server: &ServerSlug) -> Option<(Timestamp, DiscoveryState)> {
        self.known().last.get(server.as_str()).map(|entry| (entry.at, entry.state.clone()))
    }

    /// For a server that is gone. What is still running tells nothing any more, not even where one of this name is there again.
    pub fn forget(&self, server: &ServerSlug) {
        self.known().last.remove(server.as_str());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Entries are replaced as a whole: whoever panicked left none of them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A discovery that is running. Dropped without an end, it was broken off.
pub struct Run {
    discoveries: Discoveries,
    /// Which one it is.
    run: u64,
    server: String,
    tried: String,
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

    /// Unless the server is forgotten, or another run has begun since.
    fn set(&self, state: DiscoveryState) {
        if let Some(entry) = self.discoveries.known().last.get_mut(&self.server)
            && entry.run == self.run
        {
            entry.state = state;
        }
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
        let other = discoveries.begin(&crm, "x", AT.saturating_add_micros(LONGEST)).expect("begins");
        drop(hanging);
        let (_, state) = discoveries.last(&crm).expect("was asked");
        assert_eq!(state, DiscoveryState::Running("Connecting".to_owned()), "the other one goes on");
        drop(other);
    }

    #[test]
    fn one_of_a_server_that_is_gone_tells_nothing() {
        let (discoveries, crm) = (Discoveries::default(), ServerSlug::from("crm"));
        let ended = discoveries.begin(&crm, "x", AT).expect("begins");
        discoveries.forget(&crm);
        let dropped = discoveries.begin(&crm, "x", AT).expect("begins");
        ended.progress("Connected".to_owned());
        ended.end(DiscoveryState::Found(Found::default()));
        let (_, state) = discoveries.last(&crm).expect("another server of this name is asked");
        assert_eq!(state, DiscoveryState::Running("Connecting".to_owned()));
        discoveries.forget(&crm);
        drop(dropped);
        assert!(discoveries.last(&crm).is_none());
    }
}
