//! The one place that asks the machine for randomness; everything else is handed it.

/// 256 random bits from the operating system's generator.
#[expect(clippy::disallowed_methods, reason = "randomness is made here and handed down")]
pub fn bytes() -> [u8; 32] {
    rand::random()
}
