//! `ip_in(context.ip, '10.0.0.0/8')`: whether an address lies in a network. What is no address makes the condition
//! unknown; the network is written out and checked when the rule is saved.

use super::ConditionError;
use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::extractors::This;
use cel::{Context, ExecutionError, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// The function's name.
pub(super) const NAME: &str = "ip_in";

/// Addresses that share a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    prefix: u8,
}

/// The address as 128 bits, the first of its own bits first.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The first `prefix` of 128 bits.
fn mask(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix))).unwrap_or(0)
}

impl Network {
    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| "this is no address")?;
        if base != base.to_canonical() {
            return Err("write an IPv4 network as IPv4");
        }
        let full = if base.is_ipv4() { 32 } else { 128 };
        let digits = |prefix: &str| !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = match prefix {
            None => full,
            Some(prefix) if digits(prefix) => prefix.parse::<u8>().map_err(|_| "the prefix is too long")?,
            Some(_) => return Err("the prefix is no number"),
        };
        if prefix > full {
            return Err("the prefix is too long");
        }
        if bits(base) & !mask(prefix) != 0 {
            return Err("the address holds bits after the prefix");
        }
        Ok(Self { base, prefix })
    }

    fn holds(&self, address: IpAddr) -> bool {
        // An IPv4 address may come in IPv6 form.
        let address = address.to_canonical();
        self.base.is_ipv4() == address.is_ipv4() && (bits(self.base) ^ bits(address)) & mask(self.prefix) == 0
    }
}

/// Whether a call is as it should be: an address and a network that is written out.
pub(super) fn check(call: &CallExpr) -> Result<(), ConditionError> {
    let refuse = |why: &str| Err(ConditionError::Network(why.to_owned()));
    let network = match (&call.target, call.args.as_slice()) {
        (Some(_), [network]) | (None, [_, network]) => &network.expr,
        _ => return refuse("it takes an address and a network"),
    };
    let Expr::Literal(LiteralValue::String(network)) = network else {
        return refuse("the network is not written out");
    };
    match Network::parse(network.inner()) {
        Ok(_) => Ok(()),
        Err(why) => refuse(why),
    }
}

/// Makes the function known to one evaluation.
pub(super) fn provide(context: &mut Context<'_, '_>) {
    // Refused only for a name that the library knows, and it knows none like this.
    let _ = context.add_function(NAME, |This(address): This<Arc<String>>, network: Arc<String>| {
        ip_in(&address, &network)
    });
}

fn ip_in(address: &str, network: &str) -> Result<Value, ExecutionError> {
    let network = Network::parse(network).map_err(|why| ExecutionError::function_error(NAME, why))?;
    let address: IpAddr =
        address.parse().map_err(|_| ExecutionError::function_error(NAME, "this is no address"))?;
    Ok(Value::Bool(network.holds(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_addresses_a_network_holds() {
        for (network, address, held) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.0/31", "192.0.2.1", true),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "::1", true),
        ] {
            let parsed = Network::parse(network).expect("a network");
            assert_eq!(parsed.holds(address.parse().expect("an address")), held, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for bad in ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.1/8", "10/8", "10.0.0.0/999"]
        {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
        for bad in ["::ffff:10.0.0.0/104", "fd00::/129", "fd00::1/8", "[::1]", "10.0.0.0/8/8"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }
}
