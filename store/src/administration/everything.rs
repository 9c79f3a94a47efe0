//! All of it at once, as of one moment: what a policy file is written from, and pruned against.

use super::{
    ApiKey, Credential, CredentialKey, Membership, Page, Resource, ResourceFilter, Role, Server,
    StoredIssuer, StoredRule, Subject, Tenant, Tool, Writer, api_keys, credential_keys, credentials, issuers,
    memberships, resources, roles, rules, servers, sign_in_providers, subjects, tenants, tools,
};
use crate::Store;
use crate::db::{Source, StoreError};

/// Everything that people administer, but for the console's accounts. Keys come without their secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Everything {
    /// By slug.
    pub tenants: Vec<Tenant>,
    /// By name.
    pub roles: Vec<Role>,
    /// By URL.
    pub issuers: Vec<StoredIssuer>,
    /// The issuers of the providers by which people may sign in.
    pub sign_in_issuers: Vec<String>,
    /// By id.
    pub subjects: Vec<Subject>,
    /// By tenant and subject; ended ones too.
    pub memberships: Vec<Membership>,
    /// By subject and name; expired ones too.
    pub api_keys: Vec<ApiKey>,
    /// By slug.
    pub servers: Vec<Server>,
    /// By server and name.
    pub tools: Vec<Tool>,
    /// By type and id; None where there are more than [`MOST_RESOURCES`], which come and go by file.
    pub resources: Option<Vec<Resource>>,
    /// By name.
    pub rules: Vec<StoredRule>,
    /// By name.
    pub credentials: Vec<Credential>,
    /// The oldest first; expired ones too.
    pub credential_keys: Vec<CredentialKey>,
}

/// A policy file holds so many resources at the most.
pub const MOST_RESOURCES: u64 = 10_000;

async fn few_resources<S: Source>(source: &mut S) -> Result<Option<Vec<Resource>>, StoreError> {
    let page = Page { limit: MOST_RESOURCES + 1, ..Page::ALL };
    let resources = resources::list(source, ResourceFilter::default(), &page).await?;
    Ok((resources.len() as u64 <= MOST_RESOURCES).then_some(resources))
}

async fn read<S: Source>(source: &mut S) -> Result<Everything, StoreError> {
    Ok(Everything {
        tenants: tenants::list(source, &Page::ALL).await?,
        roles: roles::list(source, None).await?,
        issuers: issuers::list(source, &Page::ALL).await?,
        sign_in_issuers: sign_in_providers::list_offered(source).await?,
        subjects: subjects::list(source, None, &Page::ALL).await?,
        memberships: memberships::list_all(source).await?,
        api_keys: api_keys::list_all(source).await?,
        servers: servers::list(source, None, &Page::ALL).await?,
        tools: tools::list(source, None, &Page::ALL).await?,
        resources: few_resources(source).await?,
        rules: rules::list(source, None, &Page::ALL).await?,
        credentials: credentials::list(source, &Page::ALL).await?,
        credential_keys: credential_keys::list_all(source).await?,
    })
}

impl Store {
    /// Reads all of it in one snapshot, in nobody's way.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_everything(&self) -> Result<Everything, StoreError> {
        let mut tx = self.db.begin_snapshot().await?;
        let everything = read(&mut tx).await?;
        tx.rollback().await?;
        Ok(everything)
    }
}

impl Writer {
    /// As [`Store::read_everything`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_everything(&mut self) -> Result<Everything, StoreError> {
        read(&mut self.tx).await
    }
}
