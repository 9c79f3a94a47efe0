//! Every story of the house, in one program: thirty programs that each hold the whole server took 10 GB and a minute
//! of linking each time.

mod accounts;
mod api;
mod approvals;
mod arap;
mod batch;
mod bundle;
mod certification;
mod discovery;
mod docs;
mod edge;
mod emergency;
mod endpoint;
mod fastmcp;
mod fuzz_seeds;
mod hardship;
mod hostile_bodies;
mod inbox;
mod isolation;
mod issuer;
mod issuers;
mod mappings;
mod notify;
mod opaque;
mod overview;
mod passkeys;
mod records;
mod resources;
mod revocation;
mod revoke_to_deny;
mod search;
mod sso;
mod tasks;
mod together;
mod tokens;
mod unmapped;
