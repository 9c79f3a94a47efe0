//! Claims that stand for roles, one on each line of the form: `groups = staff -> support-agent @ acme`, or with `~` a
//! pattern. What cannot be written so, a bundle may hold all the same: it is a line of JSON.

use crate::pages::form::problem::Fault;
use policy::TenantSlug;
use policy::issuer::{Issuer, MAX_MAPPINGS, RoleMapping};

/// A mapping as a line that reads back as the same.
pub(super) fn line(mapping: &RoleMapping) -> String {
    let (sign, wanted) = match (&mapping.value, &mapping.pattern) {
        (Some(value), _) => ("=", value.as_str()),
        (None, pattern) => ("~", pattern.as_deref().unwrap_or_default()),
    };
    let line = format!("{} {sign} {wanted} -> {} @ {}", mapping.claim, mapping.role, mapping.tenant);
    if parse(&line).as_ref() == Some(mapping) {
        line
    } else {
        serde_json::to_string(mapping).unwrap_or_default()
    }
}

fn parse(line: &str) -> Option<RoleMapping> {
    if line.starts_with('{') {
        return serde_json::from_str(line).ok();
    }
    let (rest, tenant) = line.rsplit_once(" @ ")?;
    let (rest, role) = rest.rsplit_once(" -> ")?;
    let sign = [" = ", " ~ "].into_iter().filter_map(|sign| Some((rest.find(sign)?, sign))).min()?.1;
    let (claim, wanted) = rest.split_once(sign)?;
    let wanted = Some(wanted.trim().to_owned());
    let (value, pattern) = if sign == " = " { (wanted, None) } else { (None, wanted) };
    Some(RoleMapping {
        claim: claim.trim().to_owned(),
        value,
        pattern,
        role: role.trim().to_owned(),
        tenant: TenantSlug::from(tenant.trim()),
    })
}

/// The mappings of a form. Each must be of a tenant in which the issuer counts: elsewhere it would be for nothing.
pub(super) fn parse_all(text: &str, tenants: &[TenantSlug]) -> Result<Vec<RoleMapping>, Fault> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > MAX_MAPPINGS {
        return Err(Fault::TooMany(MAX_MAPPINGS));
    }
    let mappings: Option<Vec<RoleMapping>> = lines.into_iter().map(parse).collect();
    let role_mappings = mappings.ok_or(Fault::NotMappings)?;
    let tried = Issuer { role_mappings, ..Issuer::new("https://idp.example") };
    let counts = tried.role_mappings.iter().all(|mapping| tenants.contains(&mapping.tenant));
    if counts && tried.check().is_ok() { Ok(tried.role_mappings) } else { Err(Fault::NotMappings) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(claim: &str, value: Option<&str>, pattern: Option<&str>, role: &str) -> RoleMapping {
        RoleMapping {
            claim: claim.to_owned(),
            value: value.map(ToOwned::to_owned),
            pattern: pattern.map(ToOwned::to_owned),
            role: role.to_owned(),
            tenant: "acme".into(),
        }
    }

    #[test]
    fn a_line_reads_back() {
        let acme = [TenantSlug::from("acme")];
        for (mapping, text) in [
            (mapping("groups", Some("staff"), None, "clerk"), "groups = staff -> clerk @ acme"),
            (mapping("/a~1b", None, Some("crm-*"), "clerk"), "/a~1b ~ crm-* -> clerk @ acme"),
            (mapping("a.b", Some("x = y -> z @ w"), None, "clerk"), "a.b = x = y -> z @ w -> clerk @ acme"),
        ] {
            assert_eq!(line(&mapping), text);
            assert_eq!(parse_all(&format!("\n {text} \r\n"), &acme), Ok(vec![mapping]));
        }
        for odd in [
            mapping("a = b", Some("c"), None, "clerk"),
            mapping("a", Some(" c "), None, "clerk"),
            mapping("a", Some("c"), None, "clerk -> boss"),
        ] {
            assert!(line(&odd).starts_with('{'));
            assert_eq!(parse_all(&line(&odd), &acme), Ok(vec![odd]));
        }
        assert_eq!(parse_all(" \n", &[]), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        let acme = [TenantSlug::from("acme")];
        for bad in [
            "groups",
            "groups = staff",
            "groups = staff -> clerk",
            "groups staff -> clerk @ acme",
            "groups = staff -> clerk @ globex",
            "groups =  -> clerk @ acme",
            "a..b = staff -> clerk @ acme",
            "{}",
            "{\"claim\":\"a\",\"role\":\"b\",\"tenant\":\"acme\"}",
        ] {
            assert_eq!(parse_all(bad, &acme), Err(Fault::NotMappings), "{bad}");
        }
        let many = "groups = staff -> clerk @ acme\n".repeat(MAX_MAPPINGS + 1);
        assert_eq!(parse_all(&many, &acme), Err(Fault::TooMany(MAX_MAPPINGS)));
    }
}
