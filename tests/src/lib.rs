//! What the stories stand on: real databases, real servers, and callers whose type says who calls.

pub mod administrator;
pub mod cluster;
pub mod console;
pub mod database;
pub mod fuzz;
pub mod line;
pub mod load;
pub mod pep;
pub mod process;
pub mod provider;
pub mod record;
pub mod revoke;
pub mod signer;
pub mod statements;
pub mod world;

pub use database::{Backend, Database};
pub use pep::Pep;
pub use world::{Replica, World};

/// Runs each story, an `async fn(Backend)`, on SQLite and on Postgres, as two tests.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        $(mod $story {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::stories::$story($crate::Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::stories::$story($crate::Backend::Postgres).await;
            }
        })+
    };
}
