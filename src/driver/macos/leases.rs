//! Addresses of guests, from the Mac's DHCP leases.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::model::Timestamp;

/// An Ethernet address. In leases its octets have no leading zeros; elsewhere they have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::driver) struct Mac([u8; 6]);

impl Mac {
    /// Of `7e:f2:1a:0b:33:9c` or `7e:f2:1a:b:33:9c`.
    pub(in crate::driver) fn parse(text: &str) -> Option<Self> {
        let mut octets = [0; 6];
        let mut parts = text.trim().split(':');
        for octet in &mut octets {
            let part = parts.next().filter(|part| (1..=2).contains(&part.len()))?;
            *octet = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(octets))
    }
}

/// The newest lease of each address that has not run out.
pub(in crate::driver) struct Leases(BTreeMap<Mac, (u64, Ipv4Addr)>);

impl Leases {
    /// Reads the blocks `{ ... }` of `key=value` lines; skips what it does not know.
    pub(in crate::driver) fn read(text: &str, at: Timestamp) -> Self {
        let now = u64::try_from(at.as_millis() / 1_000).unwrap_or(0);
        let mut newest: BTreeMap<Mac, (u64, Ipv4Addr)> = BTreeMap::new();
        for block in text.split('}') {
            let value = |key: &str| {
                block.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))
            };
            // Hardware type 1 is Ethernet; `ff` is an identifier that says nothing of it.
            let mac = value("hw_address").and_then(|hw| Mac::parse(hw.strip_prefix("1,")?));
            let ip = value("ip_address").and_then(|ip| ip.trim().parse().ok());
            let until = value("lease").and_then(seconds);
            if let (Some(mac), Some(ip), Some(until)) = (mac, ip, until)
                && until > now
                && newest.get(&mac).is_none_or(|(known, _)| *known < until)
            {
                newest.insert(mac, (until, ip));
            }
        }
        Self(newest)
    }

    /// How many addresses are leased.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The address of the guest with this Ethernet address.
    pub(in crate::driver) fn ip(&self, mac: Mac) -> Option<Ipv4Addr> {
        self.0.get(&mac).map(|(_, ip)| *ip)
    }
}

/// Of `0x66c1a2f4`: when the lease runs out, in seconds since 1970.
fn seconds(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: i64 = 0x66c1_a2f4;

    fn block(ip: &str, hw: &str, lease: &str) -> String {
        format!(
            "{{\n\tname=Managed-Virtual-Machine\n\tip_address={ip}\n\thw_address={hw}\n\
             \tidentifier={hw}\n\tlease={lease}\n}}\n"
        )
    }

    fn before(seconds: i64) -> Timestamp {
        Timestamp::from_millis((EXPIRY - seconds) * 1_000)
    }

    #[test]
    fn a_guest_is_found_without_leading_zeros_until_its_lease_runs_out() {
        let text = block("192.168.64.7", "1,7e:f2:1a:b:33:9c", "0x66c1a2f4");
        let mac = Mac::parse("7e:f2:1a:0b:33:9c").unwrap();
        let ip = Some(Ipv4Addr::new(192, 168, 64, 7));
        assert_eq!(Leases::read(&text, before(1)).ip(mac), ip);
        assert_eq!(Leases::read(&text, before(0)).ip(mac), None);
    }

    #[test]
    fn the_newest_lease_wins_and_others_are_skipped() {
        let text = block("192.168.64.3", "1,7e:f2:1a:b:33:9c", "0x66c1a2f5")
            + &block("192.168.64.2", "1,7e:f2:1a:b:33:9c", "0x66c1a2f4")
            + &block("192.168.64.9", "ff,f1:f5:dd:7f:0:2", "0x66c1a2f6")
            + &block("not an address", "1,7e:f2:1a:b:33:9c", "0x66c1a2f7")
            + &block("192.168.64.4", "1,7e:f2:1a:b:33:9c", "never");
        let mac = Mac::parse("7e:f2:1a:b:33:9c").unwrap();
        let leases = Leases::read(&text, before(10));
        assert_eq!(leases.ip(mac), Some(Ipv4Addr::new(192, 168, 64, 3)));
        assert_eq!(leases.0.len(), 1);
    }

    #[test]
    fn only_addresses_are_addresses() {
        for bad in
            ["", "7e", "7e:f2:1a:b:33", "7e:f2:1a:b:33:9c:1", "7e:f2:1a::33:9c", "x:1:1:1:1:1"]
        {
            assert_eq!(Mac::parse(bad), None, "{bad}");
        }
    }
}
