//! How much processor time a process took.

use std::time::Duration;
use tests::load::Load;

/// How long the threads of a process have worked.
pub(crate) struct Busy {
    process: u32,
    ticks: u64,
}

impl Busy {
    /// Ticks in a second, on every Linux (`sysconf(_SC_CLK_TCK)`).
    const A_SECOND: f64 = 100.0;

    pub(crate) fn now(process: u32) -> Self {
        Self { process, ticks: Self::ticks(process) }
    }

    /// User and system time from `/proc`: fields 14 and 15, counted behind the name in brackets (proc(5)).
    fn ticks(process: u32) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
    }

    /// Microseconds for each request of a run.
    pub(crate) fn per(&self, run: &Load, time: Duration) -> f64 {
        let ticks = Self::ticks(self.process).saturating_sub(self.ticks) as f64;
        ticks / Self::A_SECOND * 1e6 / (run.per_second * time.as_secs_f64())
    }
}
