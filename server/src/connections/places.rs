//! Places for files that are sent: how many of them are on their way or being brought in at once, of all accounts and of one.
//! Each keeps a connection for as long as it flows, and its size in the temporary folder until it is in; and no account keeps
//! the others from sending theirs.

use super::Limits;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why there is no place for one more file. With how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    #[error(
        "{0} files of this account are on their way or being brought in, which is as many as may be at once"
    )]
    OfAccount(NonZeroU32),
    #[error("{0} files are on their way or being brought in, which is as many as may be at once")]
    OfAll(NonZeroU32),
}

/// The places of one server.
#[derive(Debug, Clone)]
pub(super) struct FilePlaces(Arc<Places>);

#[derive(Debug)]
struct Places {
    most: NonZeroU32,
    of_account: NonZeroU32,
    /// How many each account has; those that have none are not in it.
    taken: Mutex<HashMap<String, u32>>,
}

/// The place of one file. Dropped, it is free for another one.
#[derive(Debug)]
pub(crate) struct FilePlace {
    places: Arc<Places>,
    account: String,
}

impl FilePlaces {
    pub(super) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Places {
            most: limits.files,
            of_account: limits.files_of_account,
            taken: Mutex::default(),
        }))
    }

    /// A place for a file of this account.
    pub(super) fn take(&self, account: &str) -> Result<FilePlace, NoPlace> {
        let mut taken = self.0.taken();
        // What is the account's own to change is told first.
        if taken.get(account).is_some_and(|own| *own >= self.0.of_account.get()) {
            return Err(NoPlace::OfAccount(self.0.of_account));
        }
        if taken.values().sum::<u32>() >= self.0.most.get() {
            return Err(NoPlace::OfAll(self.0.most));
        }
        *taken.entry(account.to_owned()).or_default() += 1;
        Ok(FilePlace { places: Arc::clone(&self.0), account: account.to_owned() })
    }
}

impl Places {
    /// Whoever panicked with it in hand left a number that counts.
    fn taken(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FilePlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.account) {
            *own = own.saturating_sub(1);
        }
        taken.retain(|_, own| *own > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: u32, of_account: u32) -> FilePlaces {
        let number = |number| NonZeroU32::new(number).expect("not none");
        FilePlaces::new(&Limits {
            files: number(most),
            files_of_account: number(of_account),
            ..Limits::default()
        })
    }

    #[test]
    fn one_account_leaves_room_for_others() {
        let places = places(3, 2);
        let own = [places.take("ada").expect("the first"), places.take("ada").expect("the second")];
        let refused = places.take("ada").expect_err("a third of one account");
        assert!(matches!(refused, NoPlace::OfAccount(most) if most.get() == 2), "{refused}");
        let other = places.take("bob").expect("there is one for others");
        let refused = places.take("cat").expect_err("a fourth of all");
        assert!(matches!(refused, NoPlace::OfAll(most) if most.get() == 3), "{refused}");
        // Whoever has all that is theirs is told so, whatever others have.
        assert!(matches!(places.take("ada"), Err(NoPlace::OfAccount(_))));
        drop(own);
        let again = [places.take("cat").expect("one"), places.take("ada").expect("another")];
        assert!(places.take("ada").is_err(), "no more than before");
        drop((other, again));
        assert!(places.0.taken().is_empty(), "nothing is kept of those who have none");
    }

    #[test]
    fn a_few_files_come_at_once_and_fewer_of_one_account() {
        let limits = Limits::default();
        assert_eq!((limits.files.get(), limits.files_of_account.get()), (16, 4));
    }
}
