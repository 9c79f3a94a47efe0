//! Ranges of addresses: what conditions hold an address against, and what operators allow. Knows nothing of which
//! ranges are dangerous.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that share a prefix; a single address is the range of its full length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRangeError {
    #[error("this is no address")]
    NotAnAddress,
    #[error("the prefix is no number, or too long")]
    NotAPrefix,
    #[error("the address holds bits after the prefix; the range is `{0}`")]
    HostBits(AddressRange),
    #[error("`{0}` is IPv4 in IPv6 form; write it as IPv4")]
    Mapped(AddressRange),
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

fn full_length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first address of the range.
fn cut(address: IpAddr, prefix: u8) -> IpAddr {
    let kept = bits(address) & mask(prefix);
    match address {
        // The lower 96 bits are zero by `bits`.
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(kept >> 96).unwrap_or(0))),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(kept)),
    }
}

impl AddressRange {
    pub const fn v4(base: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = base;
        Self { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
    }

    pub const fn v6(base: [u16; 8], prefix: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = base;
        Self { base: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), prefix }
    }

    /// One address alone; IPv4 in IPv6 form is taken for what it is.
    pub fn single(address: IpAddr) -> Self {
        let base = address.to_canonical();
        Self { base, prefix: full_length(base) }
    }

    /// The first address.
    pub fn base(&self) -> IpAddr {
        self.base
    }

    /// Whether the address is one of these. An IPv4 address is never in a range of IPv6, however it is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.base.is_ipv4() == address.is_ipv4() && (bits(self.base) ^ bits(address)) & mask(self.prefix) == 0
    }

    /// Whether all of the other's addresses are among these.
    pub fn covers(&self, other: &Self) -> bool {
        self.contains(other.base) && other.prefix >= self.prefix
    }

    /// Whether this is one address alone.
    pub fn is_single(&self) -> bool {
        self.prefix == full_length(self.base)
    }
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| AddressRangeError::NotAnAddress)?;
        let prefix = match prefix {
            None => full_length(base),
            // The library takes a plus sign as well.
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().map_err(|_| AddressRangeError::NotAPrefix)?
            }
            Some(_) => return Err(AddressRangeError::NotAPrefix),
        };
        if prefix > full_length(base) {
            return Err(AddressRangeError::NotAPrefix);
        }
        let range = Self { base, prefix };
        if bits(base) & !mask(prefix) != 0 {
            return Err(AddressRangeError::HostBits(Self { base: cut(base, prefix), prefix }));
        }
        if base != base.to_canonical() {
            return Err(AddressRangeError::Mapped(range));
        }
        Ok(range)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { write!(f, "{}", self.base) } else { write!(f, "{}/{}", self.base, self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_addresses_a_range_contains() {
        for (range, address, contained) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", false),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.0/31", "192.0.2.1", true),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "::1", true),
        ] {
            let read: AddressRange = range.parse().expect("a range");
            assert_eq!(read.contains(address.parse().expect("an address")), contained, "{range} {address}");
            assert_eq!(read.to_string(), range);
        }
    }

    #[test]
    fn what_is_no_range() {
        for bad in ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10/8", "10.0.0.0/999", "[::1]"] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
        for bad in ["::ffff:10.0.0.0/104", "fd00::/129", "10.0.0.0/8/8", " 10.0.0.0/8"] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
        let meant = AddressRange::v4([10, 0, 0, 0], 8);
        assert_eq!("10.0.0.1/8".parse::<AddressRange>(), Err(AddressRangeError::HostBits(meant)));
    }
}
