//! Figures of the controller's own machine, for a host that is this very Mac: asked of the
//! kernel rather than of text.

use std::path::Path;

use sysinfo::{Disks, MemoryRefreshKind, System};

use crate::model::{Bytes, Sample};

/// Replaces in `sample` what this machine can say better; leaves what it cannot.
pub(super) async fn overlay(sample: &mut Sample) {
    // Disks may belong to a network that does not answer: not on the thread of others.
    let Ok(figures) = tokio::task::spawn_blocking(read).await else { return };
    if let Some(load) = figures.load {
        sample.load = load;
    }
    if let Some(used) = figures.memory_used {
        sample.memory_used = used;
    }
    if let Some(free) = figures.disk_free {
        sample.disk_free = free;
    }
}

#[derive(Default)]
struct Figures {
    load: Option<f32>,
    memory_used: Option<Bytes>,
    disk_free: Option<Bytes>,
}

fn read() -> Figures {
    Figures {
        load: System::load_average().ok().map(|load| load.one as f32),
        memory_used: memory_used(),
        disk_free: disk_free(),
    }
}

fn memory_used() -> Option<Bytes> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    Some(system.used_memory()).filter(|used| *used > 0).map(Bytes)
}

/// On the data volume of a Mac; elsewhere on the root.
fn disk_free() -> Option<Bytes> {
    let disks = Disks::new_with_refreshed_list().ok()?;
    ["/System/Volumes/Data", "/"].into_iter().find_map(|mount| {
        let disk = disks.iter().find(|disk| disk.mount_point() == Path::new(mount))?;
        Some(Bytes(disk.available_space()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_machine_has_figures_of_its_own() {
        let mut sample = Sample { load: -1.0, ..Sample::default() };
        overlay(&mut sample).await;
        assert!(sample.load >= 0.0, "{sample:?}");
        assert!(sample.memory_used > Bytes(1 << 20), "{sample:?}");
    }
}
