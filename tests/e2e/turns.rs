//! Many Macs behind one jump host: few sign in at once, and who waits for that is not silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hostler::model::{Event, Reach};
use tokio::net::{TcpListener, TcpStream};

use crate::audit::account;
use crate::life::{Life, is};
use crate::site::Site;
use crate::sshd::user;

/// So long nobody gets further than the door of the network behind the jump host.
const SLOW: Duration = Duration::from_secs(4);
const HOSTS: usize = 30;

/// How many stand at the door now, how many did at most, and how many came.
#[derive(Default)]
struct Door {
    now: AtomicUsize,
    most: AtomicUsize,
    came: AtomicUsize,
}

/// A slow way to an SSH server, which counts who has not signed in. Its port.
async fn slow_way(to: (String, u16), door: Arc<Door>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (door, to) = (door.clone(), to.clone());
            tokio::spawn(async move {
                let now = door.now.fetch_add(1, Ordering::SeqCst) + 1;
                door.most.fetch_max(now, Ordering::SeqCst);
                door.came.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(SLOW).await;
                door.now.fetch_sub(1, Ordering::SeqCst);
                let mut far = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_macs_behind_one_jump_host_wait_for_their_turn_and_none_is_taken_for_silent() {
    let site = Site::new(&["a"]).with_jump();
    site.write(0, "5m");
    let (mac, jump) = (site.mac("a"), site.jump.as_ref().unwrap());
    let door = Arc::new(Door::default());
    let to = (mac.sshd.address().to_owned(), mac.sshd.port());
    let fleet = site.fleet();
    // The last of them have their turn after more than the ten seconds that a look may take.
    let (key, user, by) = (mac.sshd.host_key(), user(), jump.as_jump());
    let mut hosts = String::new();
    for n in 1..=HOSTS {
        let port = slow_way(to.clone(), door.clone()).await;
        let ssh = format!("ssh: {{port: {port}}}");
        hosts += &format!("  m{n}: {{address: 127.0.0.1, {ssh}, host_key: {key}}}\n");
    }
    let inventory = format!(
        "defaults:\n  user: {user}\n  ssh: {{identity: ../../fleet_key, known_hosts: known_hosts, \
         jump: \"{}@{}:{}\"}}\nhosts:\n{hosts}",
        by.user, by.address, by.port
    );
    std::fs::write(fleet.join("inventory/site.yaml"), inventory).unwrap();
    std::fs::write(fleet.join("hostler.yaml"), "poll_interval: 1m\nssh_agent: none\n").unwrap();
    let life = Life::begin(&site).await;
    life.until("all of them are up", |world| {
        world.hosts.len() == HOSTS && world.hosts.keys().all(|host| is(world, host, Reach::Up))
    })
    .await;
    assert_eq!(life.handle.status().looks_failed, 0);
    assert_eq!(door.most.load(Ordering::SeqCst), 8, "not more at once, and not fewer");
    assert_eq!(door.came.load(Ordering::SeqCst), HOSTS, "each was tried once");
    life.end().await;
    for entry in account(&site).await.entries {
        if let Event::ReachChanged { host, to, why } = entry.event {
            assert_eq!((to, why), (Reach::Up, String::new()), "{host}");
        }
    }
}
