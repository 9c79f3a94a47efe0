//! The operator's words for ranges of addresses. Knows nothing of which ranges are dangerous but for link-local, which is
//! never listed as a range.

use policy::network::{AddressRange, AddressRangeError};
use std::fmt;
use std::str::FromStr;

pub(super) const LINK_LOCAL: [AddressRange; 2] =
    [AddressRange::v4([169, 254, 0, 0], 16), AddressRange::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10)];
pub(super) const LOOPBACK: [AddressRange; 2] =
    [AddressRange::v4([127, 0, 0, 0], 8), AddressRange::v6([0, 0, 0, 0, 0, 0, 0, 1], 128)];

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
        let range = match text.parse::<AddressRange>() {
            Ok(range) => range,
            Err(AddressRangeError::Mapped(range)) if range.is_single() => AddressRange::single(range.base()),
            Err(AddressRangeError::Mapped(range)) => return Err(AllowedAddressError::Mapped(range)),
            Err(AddressRangeError::HostBits(meant)) => {
                return Err(AllowedAddressError::HostBits { given: text.to_owned(), meant });
            }
            Err(AddressRangeError::NotAnAddress | AddressRangeError::NotAPrefix) => return Err(unreadable()),
        };
        if !range.is_single() && LINK_LOCAL.iter().any(|wide| wide.covers(&range)) {
            return Err(AllowedAddressError::LinkLocal(range));
        }
        Ok(Self::Range(range))
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
