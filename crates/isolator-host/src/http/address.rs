//! Which addresses requests may go to, whatever name led there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses, such as `127.0.0.0/8`, `10.1.2.3` or `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    bits: u32,
}

impl AddressRange {
    /// Whether an address is in it. One of version 4 that is written as one of version 6 is what it stands for.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, plain(address)) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(
                u128::from(own.to_bits()),
                u128::from(other.to_bits()),
                self.bits,
                32,
            ),
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                same(own.to_bits(), other.to_bits(), self.bits, 128)
            }
            _ => false,
        }
    }
}

fn same(one: u128, other: u128, bits: u32, of: u32) -> bool {
    (one ^ other).checked_shr(of - bits).unwrap_or(0) == 0
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` is no address and no range of addresses, such as 127.0.0.1 or 10.0.0.0/8",
                crate::printable::line(text)
            )
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().map_err(|_| wrong())?
            }
            Some(_) => return Err(wrong()),
        };
        if bits > most || (bits < most && plain(address) != address) {
            return Err(wrong());
        }
        Ok(Self {
            address: plain(address),
            bits: if address.is_ipv6() && plain(address).is_ipv4() {
                32
            } else {
                bits
            },
        })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// An address of version 4 in one of version 6 (`::ffff:…`) as what it stands for.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// Whether an address is of the public network: everything else (this machine, private networks, those of one link, metadata services,
/// several receivers at once, ranges that lead to an address of version 4 by another way) needs a grant of its own.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

fn is_public_four(address: Ipv4Addr) -> bool {
    /// IANA's registry of addresses for special purposes.
    const SPECIAL: &[([u8; 4], u32)] = &[
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 31, 196, 0], 24),
        ([192, 52, 193, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([192, 175, 48, 0], 24),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        // Several receivers, what is reserved, all receivers.
        ([224, 0, 0, 0], 3),
    ];
    // The address at which a cloud answers its machines about themselves.
    const METADATA: &[[u8; 4]] = &[[168, 63, 129, 16], [100, 100, 100, 200]];
    !METADATA.contains(&address.octets())
        && SPECIAL.iter().all(|(start, bits)| {
            address.to_bits() >> (32 - bits) != u32::from_be_bytes(*start) >> (32 - bits)
        })
}

fn is_public_six(address: Ipv6Addr) -> bool {
    /// Parts of the global range 2000::/3 that are for special purposes: protocols, documentation, 6to4, which holds an address of
    /// version 4, and documentation again.
    const SPECIAL: &[([u16; 2], u32)] = &[
        ([0x2001, 0x0000], 23),
        ([0x2001, 0x0db8], 32),
        ([0x2002, 0x0000], 16),
        ([0x2620, 0x004f], 32),
        ([0x3fff, 0x0000], 20),
    ];
    let start = (u32::from(address.segments()[0]) << 16) | u32::from(address.segments()[1]);
    start >> 29 == 1
        && SPECIAL.iter().all(|([one, two], bits)| {
            let special = (u32::from(*one) << 16) | u32::from(*two);
            start >> (32 - bits) != special >> (32 - bits)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn only_addresses_of_the_public_network_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
            "::ffff:8.8.8.8",
        ] {
            assert!(public(address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn ranges_hold_what_they_say() {
        let range = |text: &str| text.parse::<AddressRange>().unwrap();
        let holds = |text: &str, address: &str| range(text).contains(address.parse().unwrap());
        assert!(holds("127.0.0.0/8", "127.9.9.9") && !holds("127.0.0.0/8", "128.0.0.1"));
        assert!(holds("127.0.0.0/8", "::ffff:127.0.0.1") && !holds("127.0.0.0/8", "::1"));
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("0.0.0.0/0", "9.9.9.9") && !holds("0.0.0.0/0", "::1"));
        assert!(
            holds("::/0", "::1") && holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1")
        );
        assert!(holds("::ffff:10.0.0.1", "10.0.0.1") && !holds("::ffff:10.0.0.1", "10.0.0.2"));
        assert_eq!(range("::1").to_string(), "::1/128");
        for wrong in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::ffff:0.0.0.0/96",
        ] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }
}
