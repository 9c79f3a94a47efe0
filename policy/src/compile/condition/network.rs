//! `ip_in(context.ip, '10.0.0.0/8')`: whether an address lies in a network. What is no address makes the condition
//! unknown; the network is written out and checked when the rule is saved.

use super::ConditionError;
use crate::network::{AddressRange, AddressRangeError};
use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::extractors::This;
use cel::{Context, ExecutionError, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// The function's name.
pub(super) const NAME: &str = "ip_in";

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
    match network.inner().parse::<AddressRange>() {
        Ok(_) => Ok(()),
        Err(why) => refuse(&why.to_string()),
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
    let network: AddressRange = network
        .parse()
        .map_err(|why: AddressRangeError| ExecutionError::function_error(NAME, why.to_string()))?;
    let address: IpAddr =
        address.parse().map_err(|_| ExecutionError::function_error(NAME, "this is no address"))?;
    // An IPv4 address may come in IPv6 form.
    Ok(Value::Bool(network.contains(address.to_canonical())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_held_against_a_network() {
        for (network, address, held) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "2001:db8::1", false),
        ] {
            assert_eq!(ip_in(address, network), Ok(Value::Bool(held)), "{network} {address}");
        }
        for (network, address) in [("10.0.0.1/8", "10.0.0.1"), ("10.0.0.0/8", "localhost"), ("", "10.0.0.1")]
        {
            assert!(ip_in(address, network).is_err(), "{network} {address}");
        }
    }
}
