//! What is known of an address by itself: which kind of place it leads to, if not to the public internet.
//!
//! Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its successors), and the
//! addresses that cloud providers document for their metadata services.

use self::AddressClass::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Reserved,
    Shared, Unspecified,
};
use super::range::{LINK_LOCAL, LOOPBACK};
use policy::network::AddressRange;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads that is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    Loopback,
    Private,
    /// Carrier-grade NAT (RFC 6598).
    Shared,
    LinkLocal,
    /// Where a cloud hands out its machines' credentials.
    Metadata,
    Unspecified,
    Broadcast,
    Multicast,
    Documentation,
    Benchmarking,
    Reserved,
}

impl AddressClass {
    /// Whether only the very address is ever allowed, never a range that holds it.
    pub(super) fn is_listed_singly(self) -> bool {
        matches!(self, Self::LinkLocal | Self::Metadata)
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::Shared => "an address behind a carrier's NAT",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud metadata address",
            Self::Unspecified => "an unspecified address",
            Self::Broadcast => "a broadcast address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address reserved for documentation",
            Self::Benchmarking => "an address reserved for benchmarks",
            Self::Reserved => "a reserved address",
        })
    }
}

/// The first that holds an address says what it is.
const CLASSES: &[(AddressRange, AddressClass)] = &[
    (AddressRange::v4([169, 254, 169, 254], 32), Metadata), // AWS, Azure, Google, Oracle and others
    (AddressRange::v4([169, 254, 170, 2], 32), Metadata),   // AWS ECS
    (AddressRange::v4([100, 100, 100, 200], 32), Metadata), // Alibaba
    (AddressRange::v4([192, 0, 0, 192], 32), Metadata),     // Oracle, older
    (AddressRange::v4([168, 63, 129, 16], 32), Metadata),   // Azure's WireServer, a public address
    (AddressRange::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), Metadata), // AWS
    (AddressRange::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128), Metadata), // AWS EKS
    (AddressRange::v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), Metadata), // Google
    (AddressRange::v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128), Metadata), // Scaleway
    (LINK_LOCAL[0], LinkLocal),
    (LINK_LOCAL[1], LinkLocal),
    (LOOPBACK[0], Loopback),
    (LOOPBACK[1], Loopback),
    (AddressRange::v4([0, 0, 0, 0], 32), Unspecified),
    (AddressRange::v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Unspecified),
    (AddressRange::v4([0, 0, 0, 0], 8), Reserved), // "this network"
    (AddressRange::v4([10, 0, 0, 0], 8), Private),
    (AddressRange::v4([172, 16, 0, 0], 12), Private),
    (AddressRange::v4([192, 168, 0, 0], 16), Private),
    (AddressRange::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Private),
    (AddressRange::v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Private), // site-local, RFC 3879
    (AddressRange::v4([100, 64, 0, 0], 10), Shared),
    (AddressRange::v4([255, 255, 255, 255], 32), Broadcast),
    (AddressRange::v4([224, 0, 0, 0], 4), Multicast),
    (AddressRange::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Multicast),
    (AddressRange::v4([192, 0, 2, 0], 24), Documentation),
    (AddressRange::v4([198, 51, 100, 0], 24), Documentation),
    (AddressRange::v4([203, 0, 113, 0], 24), Documentation),
    (AddressRange::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Documentation),
    (AddressRange::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Documentation),
    (AddressRange::v4([198, 18, 0, 0], 15), Benchmarking),
    (AddressRange::v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), Benchmarking),
    (AddressRange::v4([192, 0, 0, 0], 24), Reserved), // IETF protocols
    (AddressRange::v4([192, 88, 99, 0], 24), Reserved), // 6to4 relays, RFC 7526
    (AddressRange::v4([240, 0, 0, 0], 4), Reserved),
    (AddressRange::v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28), Reserved), // ORCHID
    (AddressRange::v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), Reserved), // ORCHIDv2
];

/// The only part of IPv6 that is given out for the public internet.
const GLOBAL_UNICAST: AddressRange = AddressRange::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// How a network without IPv4 reaches public IPv4 addresses (RFC 6052).
const NAT64: AddressRange = AddressRange::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// What the address is, if it is not public. An IPv6 address that carries an IPv4 address is what that one is.
pub fn class_of(address: IpAddr) -> Option<AddressClass> {
    let address = address.to_canonical();
    if let Some((_, class)) = CLASSES.iter().find(|(range, _)| range.contains(address)) {
        return Some(*class);
    }
    let IpAddr::V6(v6) = address else { return None };
    let carried = carried(v6).into_iter().flatten().find_map(|v4| class_of(IpAddr::V4(v4)));
    let public = GLOBAL_UNICAST.contains(address) || NAT64.contains(address);
    carried.or((!public).then_some(AddressClass::Reserved))
}

/// The IPv4 addresses that an IPv6 address may be turned into on its way. Mapped ones are canonical IPv4 already.
fn carried(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // Compatible (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low] => [v4(high, low), None],
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => [v4(high, low), None],
        // Teredo (RFC 4380): its server, and its client with every bit turned over.
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            [v4(high, low), v4(!client_high, !client_low)]
        }
        _ => [None, None],
    }
}
