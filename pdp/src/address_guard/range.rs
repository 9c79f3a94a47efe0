//! Ranges of addresses, and the operator's words for them. Knows nothing of which ranges are dangerous but for
//! link-local, which is never listed as a range.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that share a prefix; a single address is the range of its full length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
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

impl AddressRange {
    pub(super) const LOOPBACK_V4: Self = Self::v4([127, 0, 0, 0], 8);
    pub(super) const LOOPBACK_V6: Self = Self::v6([0, 0, 0, 0, 0, 0, 0, 1], 128);
    pub(super) const LINK_LOCAL_V4: Self = Self::v4([169, 254, 0, 0], 16);
    pub(super) const LINK_LOCAL_V6: Self = Self::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10);

    pub(super) const fn v4(base: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = base;
        Self { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
    }

    pub(super) const fn v6(base: [u16; 8], prefix: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = base;
        Self { base: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), prefix }
    }

    /// Whether the address is one of these. An IPv4 address is never in a range of IPv6, however it is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.base.is_ipv4() == address.is_ipv4() && (bits(self.base) ^ bits(address)) & mask(self.prefix) == 0
    }

    /// Whether this is one address alone.
    pub fn is_single(&self) -> bool {
        self.prefix == full_length(self.base)
    }
}

fn full_length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { write!(f, "{}", self.base) } else { write!(f, "{}/{}", self.base, self.prefix) }
    }
}

/// What an operator allows: `10.1.2.3`, `10.1.2.0/24`, `fd00:1::/64`, or `loopback` for both loopback ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AllowedAddress {
    Loopback,
    Range(AddressRange),
}

/// Why an operator's text allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedAddressError {
    #[error("`{0}` is neither an IP address, a range such as `10.1.2.0/24`, nor `loopback`")]
    Unreadable(String),
    #[error("`{given}` holds bits after its prefix; the range is `{meant}`")]
    HostBits { given: String, meant: AddressRange },
    #[error("`{0}` is link-local: such addresses, cloud metadata among them, are listed one by one")]
    LinkLocal(AddressRange),
    #[error("`{0}` is a range of IPv4 addresses in IPv6 form; write it as IPv4")]
    Mapped(AddressRange),
}

impl FromStr for AllowedAddress {
    type Err = AllowedAddressError;

    fn from_str(text: &str) -> Result<Self, AllowedAddressError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("loopback") {
            return Ok(Self::Loopback);
        }
        let unreadable = || AllowedAddressError::Unreadable(text.chars().take(60).collect());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| unreadable())?;
        let Some(prefix) = prefix else {
            let base = base.to_canonical();
            return Ok(Self::Range(AddressRange { base, prefix: full_length(base) }));
        };
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unreadable());
        }
        let prefix: u8 = prefix.parse().map_err(|_| unreadable())?;
        if prefix > full_length(base) {
            return Err(unreadable());
        }
        let range = AddressRange { base, prefix };
        if bits(base) & !mask(prefix) != 0 {
            let meant = AddressRange { base: cut(base, prefix), prefix };
            return Err(AllowedAddressError::HostBits { given: text.to_owned(), meant });
        }
        if base != base.to_canonical() {
            if !range.is_single() {
                return Err(AllowedAddressError::Mapped(range));
            }
            let base = base.to_canonical();
            return Ok(Self::Range(AddressRange { base, prefix: full_length(base) }));
        }
        let link_local = |wide: &AddressRange| wide.contains(base) && prefix >= wide.prefix;
        if !range.is_single()
            && [AddressRange::LINK_LOCAL_V4, AddressRange::LINK_LOCAL_V6].iter().any(link_local)
        {
            return Err(AllowedAddressError::LinkLocal(range));
        }
        Ok(Self::Range(range))
    }
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

impl fmt::Display for AllowedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("loopback"),
            Self::Range(range) => write!(f, "{range}"),
        }
    }
}
