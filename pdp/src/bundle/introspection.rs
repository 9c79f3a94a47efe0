//! How an issuer of a bundle is asked about tokens: `none`, or a map. The client's secret is read from a variable when
//! the bundle is applied, kept in the vault, and never written down again.

use super::apply::ApplyError;
use super::secrets::Secrets;
use crate::vault::Vault;
use policy::issuer::{ClientAuth, Introspection};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use store::Writer;
use store::administration::SecretPlace;

/// What a bundle says of it.
#[derive(Debug, Clone, PartialEq)]
pub enum IntrospectionEntry {
    /// The issuer is not asked; its secret is deleted.
    None,
    Asked(AskedEntry),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedEntry {
    /// None: the issuer's metadata names it.
    pub endpoint: Option<String>,
    pub client_id: String,
    pub auth: Option<ClientAuth>,
    /// The variable that holds the client's secret when the bundle is applied. One that is kept may be left out.
    pub client_secret_env: Option<String>,
}

impl<'de> Deserialize<'de> for IntrospectionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NoneOrMap)
    }
}

struct NoneOrMap;

impl<'de> Visitor<'de> for NoneOrMap {
    type Value = IntrospectionEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`none`, or a map with `client_id`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        if word == "none" {
            Ok(IntrospectionEntry::None)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        AskedEntry::deserialize(MapAccessDeserializer::new(map)).map(IntrospectionEntry::Asked)
    }
}

impl IntrospectionEntry {
    /// The entry that says all of what is stored.
    pub(super) fn of(stored: Option<Introspection>) -> Self {
        match stored {
            None => Self::None,
            Some(Introspection { endpoint, client_id, auth }) => {
                Self::Asked(AskedEntry { endpoint, client_id, auth: Some(auth), client_secret_env: None })
            }
        }
    }

    /// What it says.
    pub(super) fn said(&self) -> Option<Introspection> {
        match self {
            Self::None => None,
            Self::Asked(entry) => Some(Introspection {
                endpoint: entry.endpoint.clone(),
                client_id: entry.client_id.clone(),
                auth: entry.auth.unwrap_or_default(),
            }),
        }
    }

    /// Whether a secret is to be kept.
    pub(super) fn names_secret(&self) -> bool {
        matches!(self, Self::Asked(AskedEntry { client_secret_env: Some(_), .. }))
    }
}

/// Keeps the client's secret, once the issuer was written. Without a variable there must be one already.
pub(super) async fn keep_secret(
    writer: &mut Writer,
    url: &str,
    entry: &IntrospectionEntry,
    vault: Option<&Vault>,
    secrets: &mut Secrets<'_>,
) -> Result<(), ApplyError> {
    let IntrospectionEntry::Asked(entry) = entry else { return Ok(()) };
    let thing = format!("issuer `{url}`, `client_secret_env`");
    let place = SecretPlace::client_secret(url);
    let Some(variable) = &entry.client_secret_env else {
        if writer.get_secret(&place).await?.is_none() {
            secrets.miss(thing);
        }
        return Ok(());
    };
    let secret = secrets.read_foreign(&thing, variable)?;
    let Some(vault) = vault else {
        return Err(ApplyError::Contradiction { thing, why: "there is no vault to keep the secret in" });
    };
    vault.keep(writer, place, &secret).await.map_err(|why| ApplyError::Vault { thing, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<IntrospectionEntry, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn none_or_a_map_and_nothing_else() {
        assert_eq!(read(json!("none")), Ok(IntrospectionEntry::None));
        let whole = json!({"endpoint": "https://idp.example/introspect", "client_id": "countersign",
            "auth": "client_secret_post", "client_secret_env": "IDP_SECRET"});
        let entry = read(whole).expect("reads");
        assert!(entry.names_secret());
        let said = entry.said().expect("asked");
        assert_eq!(said.auth, ClientAuth::ClientSecretPost);
        let again = IntrospectionEntry::of(Some(said.clone()));
        assert_eq!((again.said(), again.names_secret()), (Some(said), false));
        for (bad, why) in [
            (json!("off"), "`none`"),
            (json!(true), "`none`"),
            (json!({}), "client_id"),
            (json!({"client_id": "c", "client_secret": "s"}), "client_secret"),
        ] {
            let told = read(bad.clone()).expect_err("refused");
            assert!(told.contains(why), "{bad}: {told}");
        }
    }
}
